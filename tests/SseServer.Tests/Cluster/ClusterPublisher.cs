using System.Net.Sockets;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Cluster;

/// <summary>
/// Publishes numbered events to one topic over all nodes, each with a publisher id, and repeats what was not acknowledged at another node.
/// </summary>
internal sealed class ClusterPublisher(ClusterUnderTest cluster, string topic)
{
    // As a client that is told 503 waits.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private int _answered;

    /// <summary>Events that were acknowledged, from the first on.</summary>
    public int Answered => Volatile.Read(ref _answered);

    /// <summary>Publishes until it has so many answers in all, or until it is told to stop.</summary>
    public async Task PublishAsync(int until, CancellationToken stop)
    {
        while (Answered < until && !stop.IsCancellationRequested)
        {
            try
            {
                using var client = await WireClient.ConnectAsync(cluster.AnyEndPoint());
                await PublishSomeAsync(client, until, stop);
            }
            catch (Exception e) when (e is SocketException or IOException or TimeoutException)
            {
                // It continues at another node.
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private async Task PublishSomeAsync(WireClient client, int until, CancellationToken stop)
    {
        for (var i = 0; i < 50 && Answered < until && !stop.IsCancellationRequested; i++)
        {
            await client.RequestAsync("POST", $"/events/{topic}?id={topic}-n{Answered}", $"{topic}:{Answered}");
            var reply = await client.ReadReplyAsync();
            if (reply.Status == 503) throw new IOException(reply.Body);
            if (reply.Status is not (200 or 201)) throw new AssertionException(reply.Head + reply.Body);
            Volatile.Write(ref _answered, Answered + 1);
        }
    }
}
