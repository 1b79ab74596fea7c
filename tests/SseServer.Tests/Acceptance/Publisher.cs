using System.Text;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Acceptance;

/// <summary>Publishes numbered events to one topic over one connection, for <see cref="SequenceReader"/> to check.</summary>
internal sealed class Publisher(ServerUnderTest server, string topic) : IDisposable
{
    private WireClient? _client;

    public int Published { get; private set; }

    /// <summary>Publishes the next events, each with a request of its own, or all with one.</summary>
    public async Task PublishAsync(int count, bool batch = false)
    {
        _client ??= await WireClient.ConnectAsync(server.EndPoint);
        if (batch)
        {
            var lines = new StringBuilder();
            for (var i = 0; i < count; i++) lines.Append($"{{\"data\":\"{topic}:{Published++}\"}}\n");
            await SendAsync(lines.ToString(), "Content-Type: application/x-ndjson");
            return;
        }

        for (var i = 0; i < count; i++) await SendAsync($"{topic}:{Published++}");
    }

    public void Dispose() => _client?.Dispose();

    private async Task SendAsync(string body, params string[] fields)
    {
        await _client!.RequestAsync("POST", "/events/" + topic, body, fields);
        var reply = await _client.ReadReplyAsync();
        if (reply.Status != 201) throw new AssertionException(reply.Head + reply.Body);
    }
}
