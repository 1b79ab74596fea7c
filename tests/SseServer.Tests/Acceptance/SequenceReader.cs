using System.Net;
using System.Text;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Acceptance;

/// <summary>
/// A subscriber over any number of connections that checks what it gets: of each topic the numbers 0, 1, 2 and so on, each once and in
/// order, and hub ids that rise. Data is <c>topic:number</c>.
/// </summary>
/// <param name="endPoint">The server, asked for each connection.</param>
/// <param name="target">What to subscribe to.</param>
/// <param name="topics">The most topics that may come.</param>
/// <param name="mayEnd">Streams may end: the reader comes back as a client does.</param>
internal sealed class SequenceReader(Func<IPEndPoint> endPoint, string target, int topics, bool mayEnd = false)
{
    public SequenceReader(ServerUnderTest server, string target, int topics)
        : this(() => server.EndPoint, target, topics)
    {
    }

    private readonly Dictionary<string, int> _next = [];
    private WireClient? _client;
    private string _lastEventId = "";
    private long _lastOrder;

    public int Received { get; private set; }

    public int Connections { get; private set; }

    public async Task ConnectAsync()
    {
        _client = await WireClient.ConnectAsync(endPoint());
        Connections++;
        await _client.RequestAsync("GET", target, body: (string?)null, _lastEventId.Length == 0 ? [] : ["Last-Event-ID: " + _lastEventId]);
        Assert.That((await _client.ReadHeadAsync()).Status, Is.EqualTo(200));
        Take(await _client.ReadBlockAsync());
    }

    /// <summary>Reads until it has so many events in all.</summary>
    public async Task ReadUntilAsync(int received)
    {
        while (Received < received) Take(await _client!.ReadBlockAsync());
    }

    /// <summary>Leaves at once, whatever is on its way.</summary>
    public void Reset()
    {
        _client!.Reset();
        _client = null;
    }

    /// <summary>Says that it leaves, and takes what the server still sends up to the end of the stream.</summary>
    public async Task FinishAsync()
    {
        _client!.Finish();
        while (await _client.ReadBlockAsync() is { } block) Take(block);
        _client.Dispose();
        _client = null;
    }

    public void Dispose() => _client?.Dispose();

    private void Take(EventBlock? block)
    {
        if (block is null) throw mayEnd ? new IOException("The stream ended.") : new AssertionException("The stream ended.");
        if (block.Id is { } id)
        {
            _lastEventId = id;
            var order = Order(id);
            if (order < _lastOrder) throw new AssertionException($"{id} comes too late.");
            _lastOrder = order;
        }

        if (block.Name == "connected" || block.Data is not { } data) return;
        if (block.Name != "message") throw new AssertionException($"An event that nobody published: {block.Text}");
        var colon = data.IndexOf(':');
        var expected = _next.GetValueOrDefault(data[..colon]);
        var number = int.Parse(data.AsSpan(colon + 1));
        if (number != expected) throw new AssertionException($"{data} comes where {expected} belongs, on connection {Connections}.");
        _next[data[..colon]] = expected + 1;
        if (_next.Count > topics) throw new AssertionException($"More than {topics} topics.");
        Received++;
    }

    // A publisher's id says nothing of the order; the hub's own follows it.
    private long Order(string id)
        => EventId.TryParse(Encoding.ASCII.GetBytes(id), out var hubId) ? hubId.Value : _lastOrder;
}
