using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Tests.Endpoints;

/// <summary>The first block and the position in the head.</summary>
public sealed class GreetingTests
{
    [TestCase("HTTP/1.1")]
    [TestCase("HTTP/1.0")]
    public async Task Silent_greeting_has_an_id_and_a_reconnection_time_and_no_event(string version)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync($"GET /events?greeting=none {version}\r\nHost: {client.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^id: 1763794123123-0\nretry: \d{4}$"));
        await server.PublishAsync("/events", "x");
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo("x"));
    }

    [TestCase("since=all")]
    [TestCase("lastEventId=unknown")]
    public async Task Silent_greeting_without_a_position_has_only_a_reconnection_time(string query)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events?greeting=none&" + query);
        await client.ReadHeadAsync();
        Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^retry: \d{4}$"));
    }

    [TestCase("greeting=event")]
    [TestCase("greeting=")]
    public async Task Greeting_is_an_event_unless_it_is_to_be_silent(string query)
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events?" + query);
    }

    [TestCase("no")]
    [TestCase("None")]
    [TestCase("comment")]
    public async Task Greeting_of_another_kind_is_refused(string value)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events?greeting=" + value);
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, "greeting= must be event or none.")));
    }

    // {n} is the id of event n of three in the topic a, then one in b; the position that the head has, null for none.
    [TestCase("/events/a", "", "{3}")]
    [TestCase("/events/b", "", "{4}")]
    [TestCase("/events/*", "", "{4}")]
    [TestCase("/events/**?topic=a", "", "{4}")]
    [TestCase("/events/new", "", "1763794125000-0")]
    [TestCase("/events/a", "Last-Event-ID: {1}", "{1}")]
    [TestCase("/events/a?lastEventId={2}", "", "{2}")]
    [TestCase("/events/a?lastEventId=own", "", "{2}")]
    [TestCase("/events/a?since=2s", "", "1763794124000-0")]
    [TestCase("/events/a?since=all", "", null)]
    [TestCase("/events/a?since=latest", "", null)]
    [TestCase("/events/a", "Last-Event-ID: unknown", null)]
    public async Task Head_has_the_position_of_the_greeting(string target, string field, string? position)
    {
        await using var server = new ServerUnderTest();
        string[] topics = ["a", "a?id=own", "a", "b"];
        for (var i = 0; i < topics.Length; i++)
        {
            var id = await server.PublishAsync("/events/" + topics[i], "x");
            (target, field, position) = (target.Replace($"{{{i + 1}}}", id), field.Replace($"{{{i + 1}}}", id),
                position?.Replace($"{{{i + 1}}}", id));
            server.Time.Advance(TimeSpan.FromSeconds(i == 2 ? 0 : 1));
        }

        string[] fields = field.Length == 0 ? [] : [field];
        var head = await server.SendAsync("HEAD", target, null, fields);
        Assert.That(head["SSE-Last-Event-ID"], Is.EqualTo(position));
        Assert.That(server.Hub.TopicCount, Is.EqualTo(2), "HEAD creates no topic");
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", target, body: (string?)null, fields);
        Assert.That((await client.ReadHeadAsync())["SSE-Last-Event-ID"], Is.EqualTo(position));
        Assert.That((await client.ReadBlockAsync())!.Id, Is.EqualTo(position));
    }

    [TestCase("/events/a")]
    [TestCase("/events/*")]
    public async Task Page_that_subscribes_with_the_position_of_a_head_misses_nothing(string target)
    {
        var hub = HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 8 } };
        await using var server = new ServerUnderTest(hub: hub);
        for (var i = 0; i < 40; i++) await server.PublishAsync("/events/a", "before");
        var head = await server.SendAsync("HEAD", target);
        await server.PublishAsync("/events/a", "after");
        var client = await server.SubscribeAsync(target + "?lastEventId=" + head["SSE-Last-Event-ID"]);
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("after"));
    }
}
