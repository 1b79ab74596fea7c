using System.Text.Json;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Acceptance;

/// <summary>A reader that stops reading costs a cursor: no memory that grows, no delay to others, and no silent loss.</summary>
[NonParallelizable]
[TestFixture(false)]
[TestFixture(true)]
public sealed class SlowReaderTests(bool tls)
{
    private const int EventBytes = 8 * 1024;

    // Far above what the kernel takes for a connection on both sides.
    private const int EventCount = 4_000;

    // A single topic is sent as it lies, several logs and HTTP/1.0 are gathered, and a large event goes out alone.
    [TestCase("/events", "1.1", EventBytes)]
    [TestCase("/events", "1.1", 5 * EventBytes)]
    [TestCase("/events", "1.0", EventBytes)]
    [TestCase("/events/**", "1.1", EventBytes)]
    [TestCase("/events/**?topic=other", "1.1", 5 * EventBytes)]
    [TestCase("/events/**", "1.0", 5 * EventBytes)]
    public async Task Reader_that_stops_gets_everything_once_it_goes_on_within_retention(string target, string version, int eventBytes)
    {
        var count = EventCount * EventBytes / eventBytes / 4;
        await using var server = new ServerUnderTest(tls: tls, hub: Retaining(EventCount * 2));
        var stalled = await StalledAsync(server, target, version);
        await PublishWithWitnessAsync(server, count, eventBytes);
        for (var i = 0; i < count; i++) Assert.That(NumberOf(await stalled.ReadBlockAsync(), eventBytes), Is.EqualTo(i));
    }

    [Test]
    public async Task Reader_that_stops_is_told_of_a_gap_past_retention_and_costs_no_memory()
    {
        await using var server = new ServerUnderTest(tls: tls, hub: Retaining(100));
        var stalled = await StalledAsync(server, "/events", "1.1");
        await PublishWithWitnessAsync(server, EventCount, EventBytes);
        // The topic keeps its retention, plus an eighth for the oldest segment and the slack of each segment, but not what the subscriber
        // has missed.
        Assert.That(server.Hub.HistoryBytes, Is.LessThan(300L * EventBytes));

        var next = 0;
        EventBlock? block;
        for (block = await stalled.ReadBlockAsync(); block!.Name != "gap"; block = await stalled.ReadBlockAsync())
            Assert.That(NumberOf(block), Is.EqualTo(next++));
        var gap = JsonDocument.Parse(block.Data!).RootElement;
        Assert.That(gap.GetProperty("after").GetString(), Is.EqualTo(stalled.LastEventId));
        block = await stalled.ReadBlockAsync();
        Assert.That(gap.GetProperty("from").GetString(), Is.EqualTo(block!.Id));
        var resumed = NumberOf(block);
        Assert.That(resumed, Is.InRange(EventCount - 200, EventCount - 100));
        while (resumed < EventCount - 1) Assert.That(NumberOf(await stalled.ReadBlockAsync()), Is.EqualTo(++resumed));
    }

    private static HubOptions Retaining(int events) => HubOptions.Default with
    {
        Shards = 1,
        Retention = new TopicRetention { MaxEvents = events, MaxBytes = 2L * events * EventBytes },
    };

    private static async Task<WireClient> StalledAsync(ServerUnderTest server, string target, string version)
    {
        var client = await server.ConnectAsync(receiveBuffer: 16 * 1024);
        await client.SendAsync($"GET {target} HTTP/{version}\r\nHost: {client.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBlockAsync();
        return client;
    }

    // The witness gets each event before the next is published: the stalled reader of the same shard delays neither.
    private static async Task PublishWithWitnessAsync(ServerUnderTest server, int count, int eventBytes)
    {
        var padding = new string('x', eventBytes);
        var witness = await server.SubscribeAsync("/events");
        var publisher = await server.ConnectAsync();
        for (var i = 0; i < count; i++)
        {
            await publisher.RequestAsync("POST", "/events", $"{i} {padding}");
            Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
            Assert.That(NumberOf(await witness.ReadBlockAsync(), eventBytes), Is.EqualTo(i));
        }
    }

    private static int NumberOf(EventBlock? block, int eventBytes = EventBytes)
    {
        var data = block!.Data!;
        Assert.That(data, Has.Length.GreaterThan(eventBytes));
        return int.Parse(data.AsSpan(0, data.IndexOf(' ')));
    }
}
