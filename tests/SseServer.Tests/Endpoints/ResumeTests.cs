using System.Text.Json;
using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Tests.Endpoints;

/// <summary>Where a stream begins: Last-Event-ID, lastEventId= and since=.</summary>
public sealed class ResumeTests
{
    // Fields and query, with {n} for the id of event n of five; the first event that is received, 6 being one published afterwards.
    [TestCase("", "", 6)]
    [TestCase("Last-Event-ID: {3}", "", 4)]
    [TestCase("Last-Event-ID: {3}", "lastEventId={1}&since=all", 4)]
    [TestCase("Last-Event-ID: {3}", "since=all", 4)]
    [TestCase("Last-Event-ID: {3}", "since=nonsense", 4)]
    [TestCase("Last-Event-ID:", "lastEventId={2}&since=all", 3)]
    [TestCase("Last-Event-ID:", "lastEventId=&since=all", 1)]
    [TestCase("last-event-id: {5}", "", 6)]
    [TestCase("", "lastEventId={2}", 3)]
    [TestCase("", "since=all", 1)]
    [TestCase("", "since={4}", 5)]
    [TestCase("", "since=2025-11-22T06:48:45.123Z", 3)]
    [TestCase("", "since=2025-11-22t06:48:45.123z", 3)]
    [TestCase("", "since=2025-11-22T07:48:45.123%2B01:00", 3)]
    [TestCase("", "since=2025-11-22T07:48:45.123+01:00", 3)]
    [TestCase("", "since=2025-11-22T06:48:46Z", 4)]
    [TestCase("", "since=2s", 4)]
    [TestCase("", "since=3000ms", 3)]
    [TestCase("", "since=10m", 1)]
    [TestCase("", "since=999999999d", 1)]
    [TestCase("", "since=0s", 6)]
    [TestCase("", "since=2999-01-01T00:00:00Z", 6)]
    [TestCase("", "since=2025-11-22t06:48:45.1z", 3)]
    [TestCase("", "since=2025-11-22T06:48:45.123000000000Z", 3)]
    [TestCase("", "since=2025-11-22T06:48:45.124000001Z", 4)]
    [TestCase("", "since=2025-11-22T06:48:45.123999999999Z", 3)]
    [TestCase("", "since=2025-11-22t06:48:45.123456789-00:00", 3)]
    [TestCase("", "since=own-4", 5)]
    [TestCase("", "since=", 6)]
    [TestCase("", "since=-2", 4)]
    [TestCase("", "since=-5", 1)]
    [TestCase("", "since=-1000", 1)]
    [TestCase("", "lastEventId={2}&since=-1", 3)]
    [TestCase("Last-Event-ID: {3}", "since=-1", 4)]
    public async Task Stream_begins_where_the_request_says(string field, string query, int first)
    {
        await using var server = new ServerUnderTest();
        var ids = new string[6];
        for (var i = 1; i <= 5; i++)
        {
            ids[i] = await server.PublishAsync(i == 4 ? "/events?id=own-4" : "/events", $"{i}");
            server.Time.Advance(TimeSpan.FromSeconds(1));
        }

        for (var i = 1; i <= 5; i++) (field, query) = (field.Replace($"{{{i}}}", ids[i]), query.Replace($"{{{i}}}", ids[i]));
        var client = await server.SubscribeAsync("/events?" + query, field.Length == 0 ? [] : [field]);
        await server.PublishAsync("/events", "6");
        for (var i = first; i <= 6; i++) Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo($"{i}"));
    }

    [TestCase("10y")]
    [TestCase("10M")]
    [TestCase("-10m")]
    [TestCase("-0")]
    [TestCase("-01")]
    [TestCase("-1001")]
    [TestCase("-99999999999999999999")]
    [TestCase("+10")]
    [TestCase("%2B10")]
    [TestCase("%E2%80%8B%00")]
    [TestCase("2025-11-22T06:48:45.Z")]
    [TestCase("2025-11-22T06:48:45.1234567890123Z")]
    [TestCase("2025-11-22%2006:48:45Z")]
    [TestCase("2025-11-22T06:48:45.123")]
    [TestCase("2025-02-29T06:48:45Z")]
    [TestCase("All")]
    [TestCase("LATEST")]
    [TestCase("%2B10m")]
    [TestCase("1234567890s")]
    [TestCase("2025-11-22")]
    [TestCase("2025-11-22T06:48:45")]
    [TestCase("2025-11-22T06:48Z")]
    [TestCase("2025-13-22T06:48:45Z")]
    [TestCase("2025-11-22T06:48:45%2B0100")]
    [TestCase("ALL")]
    public async Task Since_of_another_form_is_refused(string since)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events?since=" + since);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.StartWith("since= must be all, latest, a time such as"));
    }

    [Test]
    public async Task Publishers_id_is_shown_on_its_event_and_resumes_after_it()
    {
        await using var server = new ServerUnderTest();
        var first = await server.PublishAsync("/events?id=%C3%A9-1", "1");
        await server.PublishAsync("/events", "2");
        var client = await server.SubscribeAsync("/events?since=all");
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: é-1\ndata: 1"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: " + first));
        var again = await server.SubscribeAsync("/events", "Last-Event-ID: é-1");
        Assert.That((await again.ReadEventAsync())!.Data, Is.EqualTo("2"));
    }

    [Test]
    public async Task Stream_cut_before_its_first_event_resumes_from_its_greeting()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events", "before");
        var client = await server.SubscribeAsync("/events");
        client.Reset();
        await server.PublishAsync("/events", "missed");
        var again = await server.SubscribeAsync("/events", "Last-Event-ID: " + client.LastEventId);
        Assert.That((await again.ReadEventAsync())!.Data, Is.EqualTo("missed"));
    }

    [Test]
    public async Task One_id_resumes_all_topics_of_a_stream()
    {
        await using var server = new ServerUnderTest();
        for (var i = 0; i < 9; i++) await server.PublishAsync($"/events/t{i % 3}", $"{i}");
        var client = await server.SubscribeAsync("/events/t0?topic=t1&topic=t2&since=all");
        for (var i = 0; i < 5; i++) await client.ReadEventAsync();
        var again = await server.SubscribeAsync("/events/t0?topic=t1&topic=t2&since=all", "Last-Event-ID: " + client.LastEventId);
        for (var i = 5; i < 9; i++) Assert.That((await again.ReadEventAsync())!.Data, Is.EqualTo($"{i}"));
    }

    // Numbers and words are ids that publishers give.
    [TestCase("4711")]
    [TestCase("yesterday")]
    [TestCase("-order")]
    [TestCase("order-2025-11-22")]
    [TestCase("2025-11-22-7")]
    [TestCase("7f3a9c")]
    [TestCase("42abc")]
    public async Task Since_takes_what_a_publisher_may_have_given_as_an_id(string id)
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events?id=" + id, "1");
        await server.PublishAsync("/events", "2");
        var client = await server.SubscribeAsync("/events?since=" + id);
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("2"));
    }

    [TestCase("no-such-id", Description = "a publisher's id that is not retained")]
    [TestCase("9999999999999-0", Description = "an id above the head")]
    [TestCase("1-0", Description = "an id from before the server's start")]
    [TestCase("\"},{\"", Description = "an id that tries to break out of JSON")]
    public async Task Id_that_is_not_known_gives_a_gap_and_then_what_is_retained(string id)
    {
        await using var server = new ServerUnderTest();
        var first = await server.PublishAsync("/events/a", "1");
        var client = await server.SubscribeAsync("/events/a", "Last-Event-ID: " + id);
        var gap = await client.ReadBlockAsync();
        Assert.That((gap!.Name, gap.Id), Is.EqualTo(("gap", (string?)null)));
        var json = JsonDocument.Parse(gap.Data!).RootElement;
        Assert.That(json.GetProperty("topics").EnumerateArray().Select(topic => topic.GetString()), Is.EqualTo(new[] { "a" }));
        Assert.That(json.GetProperty("after").GetString(), Is.EqualTo(id));
        Assert.That(json.GetProperty("from").GetString(), Is.EqualTo(first));
        Assert.That(client.LastEventId, Is.Empty, "a client keeps its own resume point");
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("1"));
    }

    [Test]
    public async Task Evicted_events_cause_a_gap()
    {
        await using var server = new ServerUnderTest(hub: HubOptions.Default with
        {
            Shards = 1,
            Retention = new TopicRetention { MaxEvents = 8 }
        });
        var ids = new List<string>();
        for (var i = 0; i < 30; i++) ids.Add(await server.PublishAsync("/events", $"{i}"));
        var client = await server.SubscribeAsync("/events", "Last-Event-ID: " + ids[3]);
        var gap = await client.ReadEventAsync();
        Assert.That(gap!.Name, Is.EqualTo("gap"));
        var next = int.Parse((await client.ReadEventAsync())!.Data!);
        Assert.That(next, Is.InRange(10, 22));
        for (; next < 29; next++) Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo($"{next + 1}"));
    }

    [Test]
    public async Task New_subscriber_to_everything_gets_no_gap()
    {
        await using var server = new ServerUnderTest(hub: HubOptions.Default with
        {
            Shards = 1,
            Retention = new TopicRetention { MaxEvents = 8 }
        });
        for (var i = 0; i < 30; i++) await server.PublishAsync("/events", $"{i}");
        var client = await server.SubscribeAsync("/events?since=all");
        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("message"));
    }
}
