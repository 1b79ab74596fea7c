using System.Text;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Relay.Support;

namespace SseServer.Tests.Relay;

/// <summary>What becomes of a source's stream in the topic.</summary>
public sealed class RelayStreamTests
{
    [TestCase("\n")]
    [TestCase("\r\n")]
    [TestCase("\r")]
    public async Task Events_are_read_as_EventSource_reads_them(string lineBreak)
    {
        const string stream =
            "\uFEFFdata: first\n\n: comment\nevent: größe\ndata: one\ndata:  two\n\n"
            + "retry: 1234\n\ndata\n\nid: 7\ndata: seven\nretry: 99\nunknown: x\n\n";

        var blocks = await RelayedAsync(Encoding.UTF8.GetBytes(stream.Replace("\n", lineBreak, StringComparison.Ordinal)), 4);

        Assert.That(blocks.Select(block => (block.Name, block.Data)),
            Is.EqualTo(new[] { ("message", "first"), ("größe", "one\n two"), ("message", ""), ("message", "seven") }));
        Assert.That(blocks.All(block => EventId.TryParse(Encoding.ASCII.GetBytes(block.Id!), out _)), Is.True, "Ids are the hub's.");
        Assert.That(blocks.All(block => block.Retry is null), Is.True, "A source's reconnection time is for the relay.");
    }

    [Test]
    public async Task Same_id_twice_is_a_repeat_but_an_inherited_id_is_not()
    {
        var blocks = await RelayedAsync(
            "id: 1\ndata: a\n\ndata: b\n\ndata: c\n\nid: 1\ndata: again\n\nid\ndata: d\n\nid\ndata: e\n\n"u8.ToArray(), 5);

        Assert.That(blocks.Select(block => block.Data), Is.EqualTo(new[] { "a", "b", "c", "d", "e" }));
    }

    [Test]
    public async Task Control_events_are_dropped_and_a_gap_is_relayed_under_its_own_name()
    {
        var blocks = await RelayedAsync(
            [
                .. "id: 1-0\nevent: connected\ndata: x\n\nevent: heartbeat\ndata: 1\n\n"u8,
                .. "event: gap\ndata: {\"topics\":[\"s\"]}\n\nevent: auth-expiring\ndata: x\n\ndata: a\n\n"u8,
            ],
            2,
            after: async relay => Assert.That(await relay.Server.MetricAsync("sse_relay_gaps_total{topic=\"t\"}"), Is.EqualTo(1)));

        Assert.That(blocks.Select(block => (block.Name, block.Data)),
            Is.EqualTo(new[] { ("upstream-gap", "{\"topics\":[\"s\"]}"), ("message", "a") }));
    }

    [Test]
    public async Task Repeated_gaps_of_a_source_are_logged_once_a_minute()
    {
        await RelayedAsync(
            Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("event: gap\ndata: {}\n\n", 100))), 100,
            after: relay =>
            {
                Assert.That(relay.Logs.Complaints.Single(), Does.Contain("reports that it lost events"));
                return Task.CompletedTask;
            });
    }

    [Test]
    public async Task Only_chosen_types_are_taken()
    {
        var blocks = await RelayedAsync(
            "data: a\n\nevent: x\ndata: b\n\nevent: y\ndata: c\n\nevent: message\ndata: d\n\nevent: x\ndata: e\n\n"u8.ToArray(), 4,
            ["x", "message"]);

        Assert.That(blocks.Select(block => block.Data), Is.EqualTo(new[] { "a", "b", "d", "e" }));
    }

    [Test]
    public async Task Events_that_cannot_be_published_are_counted_and_the_others_come()
    {
        var stream = $"data: {new string('x', 2000)}\nid: 1\n\ndata: a\n\nevent: {new string('n', 257)}\ndata: lost\n\ndata: b\n\n";

        var blocks = await RelayedAsync(
            Encoding.ASCII.GetBytes(stream), 2,
            after: async relay =>
            {
                Assert.That(await relay.Server.MetricAsync("sse_relay_dropped_total{topic=\"t\"}"), Is.EqualTo(2));
                Assert.That(relay.Logs.Complaints, Has.One.Contains("Limits:MaxEventBytes"));
            });

        Assert.That(blocks.Select(block => block.Data), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task Bytes_that_are_not_utf8_are_repaired()
    {
        var blocks = await RelayedAsync([.. "data: "u8, 0xC3, .. "\n\n"u8], 1);

        Assert.That(blocks.Single().Data, Is.EqualTo("\uFFFD"));
    }

    [Test]
    public async Task Position_is_in_the_servers_topic_with_the_relayed_ids()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        using var reader = await relay.ReadAsync("$relay/t");
        await exchange.SendAsync(SourceServer.StreamHead + "id: a\ndata: 1\n\nid: 17-0\n\nid: b\ndata: 2\n\nid: 18-0\n\n");

        string last;
        var ids = new List<string>();
        do
        {
            var lines = (await relay.SoonAsync(reader.ReadBlockAsync()))!.Data!.Split('\n');
            (last, ids) = (lines[^1], [.. ids, .. lines[..^1]]);
        }
        while (last != "18-0");

        Assert.That(ids, Is.EqualTo(new[] { "a", "b" }));
        Assert.That((await relay.Server.SendAsync("POST", "/events/$relay/t", "17-0")).Status, Is.EqualTo(400));
    }

    private static async Task<EventBlock[]> RelayedAsync(
        byte[] stream, int count, string[]? types = null, Func<RelayUnderTest, Task>? after = null)
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(
            source.Url, with: options => options with { MaxEventBytes = 1000, Events = [.. (types ?? []).Select(RelayUnderTest.Utf8)] });
        using var reader = await relay.ReadAsync();
        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        await exchange.SendAsync([.. Encoding.ASCII.GetBytes(SourceServer.StreamHead), .. stream, .. "\n\nevent: x\ndata: end\n\n"u8]);
        var blocks = new List<EventBlock>();
        while (await relay.SoonAsync(reader.ReadBlockAsync()) is { } block && block.Data != "end")
            if (block.Data is not null) blocks.Add(block);
        Assert.That(blocks, Has.Count.EqualTo(count));
        if (after is not null) await after(relay);
        return [.. blocks];
    }
}
