namespace SseServer.Tests.Endpoints;

/// <summary><c>since=-50</c>: the last events, then what follows.</summary>
public sealed class LastEventsTests
{
    // 9 events: 1 to 9, in the topics a, b and c in turn; those of c have the type even or odd. The events that come before a new one.
    [TestCase("/events/a?since=-2", "4 7")]
    [TestCase("/events/a?since=-1", "7")]
    [TestCase("/events/a?since=-3", "1 4 7")]
    [TestCase("/events/a?since=-50", "1 4 7")]
    [TestCase("/events/a?since=-1000", "1 4 7")]
    [TestCase("/events/a?topic=b&since=-3", "5 7 8")]
    [TestCase("/events/**?since=-4", "6 7 8 9")]
    [TestCase("/events/*?topic=a&topic=b&topic=**&since=-4", "6 7 8 9")]
    [TestCase("/events/c?event=odd&since=-2", "3 9")]
    [TestCase("/events/**?event=even&event=odd&since=-2", "6 9")]
    [TestCase("/events/**?event=never&since=-2", "")]
    [TestCase("/events/new?since=-2", "")]
    [TestCase("/events/a?since=-2&lastEventId=", "4 7")]
    public async Task Stream_begins_with_the_last_events(string target, string before)
    {
        await using var server = new ServerUnderTest();
        for (var i = 1; i <= 9; i++)
        {
            var type = i % 3 != 0 ? "" : i % 2 == 0 ? "?event=even" : "?event=odd";
            await server.PublishAsync($"/events/{(char)('a' + (i - 1) % 3)}{type}", $"{i}");
        }

        var client = await server.SubscribeAsync(target);
        await server.PublishAsync("/events/end/x", "end");
        client.Finish();
        var received = new List<string>();
        while (await client.ReadEventAsync() is { } block)
            if (block.Data != "end") received.Add(block.Data!);
        Assert.That(string.Join(' ', received), Is.EqualTo(before));
    }

    [Test]
    public async Task Resume_point_comes_before_the_last_events()
    {
        await using var server = new ServerUnderTest();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add(await server.PublishAsync("/events", $"{i}"));
        var client = await server.SubscribeAsync("/events?since=-3");
        Assert.That(client.LastEventId, Is.EqualTo(ids[1]), "a stream that is cut here resumes with the same events");
        for (var i = 2; i < 5; i++) Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo($"{i}"));
        var again = await server.SubscribeAsync("/events?since=-3", "Last-Event-ID: " + ids[3]);
        Assert.That((await again.ReadEventAsync())!.Data, Is.EqualTo("4"));
    }

    [Test]
    public async Task End_without_an_event_is_none_of_the_last_events()
    {
        await using var server = new ServerUnderTest();
        for (var i = 0; i < 3; i++) await server.PublishAsync("/events/a", $"{i}");
        var reply = await server.SendAsync("POST", "/events", "{\"topic\":\"a\",\"final\":true}\n", "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(201));
        var client = await server.SubscribeAsync("/events/a?since=-2");
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("1"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("2"));
        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("heartbeat"), "it carries the id of the end");
        Assert.That(await client.ReadEventAsync(), Is.Null);
    }
}
