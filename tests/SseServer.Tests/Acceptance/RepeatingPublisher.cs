using System.Net;
using System.Net.Sockets;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Acceptance;

/// <summary>
/// Publishes numbered events to one topic, each with a publisher id, and repeats every unanswered request, so that each event is stored
/// once however often the server crashes.
/// </summary>
internal sealed class RepeatingPublisher(string topic)
{
    private int _answered;

    /// <summary>Events that were answered, from the first on.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Publishes until it has so many answers in all, or the server is gone.</summary>
    public async Task PublishAsync(IPEndPoint endPoint, int until)
    {
        try
        {
            using var client = await WireClient.ConnectAsync(endPoint);
            while (Answered < until)
            {
                await client.RequestAsync("POST", $"/events/{topic}?id={topic}-n{Answered}", $"{topic}:{Answered}");
                var reply = await client.ReadReplyAsync();
                if (reply.Status is not (200 or 201)) throw new AssertionException(reply.Head + reply.Body);
                Volatile.Write(ref _answered, Answered + 1);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // It continues with the next server.
        }
    }
}
