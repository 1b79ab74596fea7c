using System.Text.Json;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.Log;

namespace SseServer.Tests.Endpoints;

/// <summary>Polls over a socket: complete responses, as JSON or as an event stream with an end.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PollTests
{
    private const string AcceptJson = "Accept: application/json";

    [Test]
    public async Task Json_has_the_events_and_where_to_continue_and_the_connection_is_reused()
    {
        await using var server = new ServerUnderTest();
        var first = await server.PublishAsync("/events/a", "1");
        var second = await server.PublishAsync("/events/b?event=named&id=mine", "2");
        using var client = await server.ConnectAsync();

        var all = await PollAsync(client, "/events/*?since=all");
        var rest = await PollAsync(client, $"/events/*?lastEventId={first}");
        var none = await PollAsync(client, $"/events/*?lastEventId={Next(all)}");
        var header = await PollAsync(client, "/events/*?since=all", "Last-Event-ID: mine");

        Assert.That(all.Head, Does.Contain("Content-Type: application/json\r\n").And.Contain("Cache-Control: no-store\r\n")
            .And.Contain("Vary: Accept\r\n").And.Contain("Access-Control-Allow-Origin: *\r\n"));
        Assert.That(Data(all), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(Data(rest), Is.EqualTo(new[] { "2" }));
        Assert.That(all.Json.GetProperty("events")[1].GetProperty("topic").GetString(), Is.EqualTo("b"));
        Assert.That(all.Json.GetProperty("events")[1].GetProperty("event").GetString(), Is.EqualTo("named"));
        Assert.That(all.Json.GetProperty("events")[1].GetProperty("id").GetString(), Is.EqualTo("mine"));
        Assert.That((Next(all), Next(rest), Next(none)), Is.EqualTo((second, second, second)));
        Assert.That((Data(none), Data(header)), Is.EqualTo((Array.Empty<string>(), Array.Empty<string>())));
        Assert.That(all.Json.GetProperty("gap").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(all.Json.GetProperty("ended").GetBoolean(), Is.False);
    }

    [TestCase("&poll=0s")]
    [TestCase("")]
    public async Task Without_a_position_a_poll_says_where_the_head_is(string query)
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "before");

        var now = await server.SendAsync("GET", "/events?topic=a" + query, null, AcceptJson);
        await server.PublishAsync("/events/a", "after");
        var next = await server.SendAsync("GET", $"/events?topic=a&lastEventId={Next(now)}", null, AcceptJson);

        Assert.That(Data(now), Is.Empty);
        Assert.That(Data(next), Is.EqualTo(new[] { "after" }));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Waiting_poll_is_answered_with_the_first_event_and_counts_as_a_stream(bool isJson)
    {
        var limits = new LimitOptions { MaxStreams = 1 };
        await using var server = new ServerUnderTest(EndpointOptions.Default with { Limits = limits });
        using var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events/a?poll=25s", (string?)null, isJson ? AcceptJson : "Accept: text/event-stream");
        await client.ReadHeadAsync();
        await server.HasStreamsAsync(1);

        var refused = await server.SendAsync("GET", "/events/a?poll=25s", null, AcceptJson);
        await server.PublishAsync("/events/a", "news");
        var body = await client.ReadBodyAsync();

        Assert.That((refused.Status, refused["Retry-After"]), Is.EqualTo((503, refused["Retry-After"])));
        Assert.That(refused["Retry-After"], Is.Not.Null);
        Assert.That(body, Does.Contain("news").And.Not.Contain("later"));
        await server.HasStreamsAsync(0);
        var again = await PollAsync(client, "/events/a?since=all");
        Assert.That(Data(again), Is.EqualTo(new[] { "news" }));
    }

    [Test]
    public async Task Poll_ends_empty_when_its_time_is_over_and_white_space_breaks_the_silence()
    {
        await using var server = new ServerUnderTest();
        using var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events/a?poll=25s", (string?)null, AcceptJson);
        await client.ReadHeadAsync();
        await server.HasStreamsAsync(1);

        for (var second = 0; second < 24; second++) server.Time.Advance(TimeSpan.FromSeconds(1));
        await server.Hub.FanOut.NextPassAsync();
        var streams = server.Hub.Streams;
        for (var second = 0; second < 2; second++) server.Time.Advance(TimeSpan.FromSeconds(1));
        var body = await client.ReadBodyAsync();

        Assert.That(streams, Is.EqualTo(1));
        Assert.That(body, Does.Match("""^\{"events":\[\n+\],"next":"\d+-\d+","gap":null,"ended":false\}\n$"""));
    }

    [Test]
    public async Task Limit_bounds_the_events_and_next_continues_behind_them()
    {
        await using var server = new ServerUnderTest();
        for (var i = 0; i < 250; i++) await server.PublishAsync(i % 2 == 0 ? "/events/a" : "/events/b", $"{i}");
        using var client = await server.ConnectAsync();
        var (seen, sizes, query) = (new List<string>(), new List<int>(), "since=all");

        for (var polls = 0; polls < 5; polls++)
        {
            var reply = await PollAsync(client, $"/events?topic=a&topic=b&{query}{(polls == 1 ? "&limit=7" : "")}");
            seen.AddRange(Data(reply));
            sizes.Add(Data(reply).Length);
            query = $"lastEventId={Next(reply)}";
        }

        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 250).Select(i => $"{i}")));
        Assert.That(sizes, Is.EqualTo(new[] { 100, 7, 100, 43, 0 }));
    }

    [Test]
    public async Task Poll_as_an_event_stream_is_a_stream_with_an_end()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "1");
        var id = await server.PublishAsync("/events/a", "2");
        using var client = await server.ConnectAsync();

        await client.RequestAsync("GET", "/events/a?since=all&poll=10s", (string?)null);
        var head = await client.ReadHeadAsync();
        var names = new List<string?>();
        while (await client.ReadEventAsync() is { } block) names.Add(block.Name == "connected" ? block.Name : block.Data);

        Assert.That((head["Content-Type"], head["Cache-Control"], head["Vary"]), Is.EqualTo(("text/event-stream; charset=utf-8",
            "no-store", "Accept")));
        Assert.That(names, Is.EqualTo(new[] { "connected", "1", "2" }));
        Assert.That(client.LastEventId, Is.EqualTo(id));
        Assert.That(Data(await PollAsync(client, "/events/a?since=all")), Is.EqualTo(new[] { "1", "2" }), "the connection is reused");
    }

    [Test]
    public async Task Gap_comes_with_what_follows_it_and_once()
    {
        var hub = HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 3 } };
        await using var server = new ServerUnderTest(hub: hub);
        var first = await server.PublishAsync("/events/a", "0");
        for (var i = 1; i < 200; i++) await server.PublishAsync("/events/a", $"{i}");

        var reply = await server.SendAsync("GET", $"/events/a?lastEventId={first}&poll=25s", null, AcceptJson);
        var next = await server.SendAsync("GET", $"/events/a?lastEventId={Next(reply)}", null, AcceptJson);
        var unknown = await server.SendAsync("GET", "/events/empty?lastEventId=1-1&poll=25s", null, AcceptJson);
        var known = await server.SendAsync("GET", $"/events/empty?lastEventId={Next(unknown)}", null, AcceptJson);

        var gap = reply.Json.GetProperty("gap");
        Assert.That(gap.GetProperty("topics").EnumerateArray().Select(topic => topic.GetString()), Is.EqualTo(new[] { "a" }));
        Assert.That(gap.GetProperty("after").GetString(), Is.EqualTo(first));
        Assert.That(gap.GetProperty("from").GetString(), Is.EqualTo(reply.Json.GetProperty("events")[0].GetProperty("id").GetString()));
        Assert.That(Data(reply)[^1], Is.EqualTo("199"));
        Assert.That(next.Json.GetProperty("gap").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(unknown.Json.GetProperty("gap").GetProperty("after").GetString(), Is.EqualTo("1-1"), "at once, without an event");
        Assert.That(known.Json.GetProperty("gap").ValueKind, Is.EqualTo(JsonValueKind.Null), "next is behind the gap");
    }

    [TestCase("POST", "/events/a?final=1", "2", null, new[] { "1", "2" })]
    [TestCase("POST", "/events/a", """{"final":true}""", "Content-Type: application/x-ndjson", new[] { "1" })]
    public async Task Ended_topics_say_so_with_their_last_event_and_afterwards(
        string method, string target, string body, string? type, string[] data)
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "1");
        await server.SendAsync(method, target, body, type is null ? [] : [type]);

        var all = await server.SendAsync("GET", "/events/a?since=all&poll=25s", null, AcceptJson);
        var after = await server.SendAsync("GET", $"/events/a?lastEventId={Next(all)}&poll=25s", null, AcceptJson);
        var stream = await server.SendAsync("GET", $"/events/a?lastEventId={Next(all)}&poll=25s", null, "Accept: text/event-stream");
        var both = await server.SendAsync("GET", "/events?topic=a&topic=b&since=all", null, AcceptJson);

        Assert.That(Data(all), Is.EqualTo(data));
        Assert.That(all.Json.GetProperty("ended").GetBoolean(), Is.True);
        Assert.That((Data(after), after.Json.GetProperty("ended").GetBoolean()), Is.EqualTo((Array.Empty<string>(), true)));
        Assert.That((Next(after), after["Content-Length"]), Is.EqualTo((Next(all), $"{after.Body.Length}")));
        Assert.That(stream.Status, Is.EqualTo(204));
        Assert.That((Data(both), both.Json.GetProperty("ended").GetBoolean()), Is.EqualTo((data, false)));
    }

    [Test]
    public async Task Waiting_poll_learns_that_its_topic_has_ended()
    {
        await using var server = new ServerUnderTest();
        using var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events/a?poll=25s", (string?)null, AcceptJson);
        await client.ReadHeadAsync();
        await server.HasStreamsAsync(1);

        await server.SendAsync("POST", "/events/a", """{"final":true}""", "Content-Type: application/x-ndjson");

        Assert.That(await client.ReadBodyAsync(), Does.StartWith("""{"events":[],"next":""").And.Contain("""ended":true"""));
    }

    [Test]
    public async Task Filter_and_newest_events_apply()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/p?key=a&event=price", "1");
        await server.PublishAsync("/events/p?key=a&event=price", "2");
        var last = await server.PublishAsync("/events/p?key=b&event=news", "3");

        var latest = await server.SendAsync("GET", "/events/p?since=latest", null, AcceptJson);
        var filtered = await server.SendAsync("GET", "/events/p?since=all&event=price", null, AcceptJson);

        Assert.That(Data(latest), Is.EqualTo(new[] { "2", "3" }));
        Assert.That(Data(filtered), Is.EqualTo(new[] { "1", "2" }));
        Assert.That(Next(filtered), Is.EqualTo(last), "behind what the filter excluded");
    }

    [Test]
    public async Task Http_1_0_gets_the_document_and_the_end_of_the_connection()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "1");
        using var client = await server.ConnectAsync();
        await client.SendAsync("GET /events/a?since=all HTTP/1.0\r\nAccept: application/json\r\n\r\n");

        var reply = await client.ReadReplyAsync();

        Assert.That(Data(reply), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task Draining_server_answers_a_waiting_poll()
    {
        await using var server = new ServerUnderTest();
        using var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events/a?poll=25s", (string?)null, AcceptJson);
        await client.ReadHeadAsync();
        await server.HasStreamsAsync(1);

        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);

        Assert.That(await client.ReadBodyAsync(), Does.Match("""^\{"events":\[\],"next":"\d+-\d+","gap":null,"ended":false\}\n$"""));
    }

    [Test]
    public async Task Head_has_the_fields_of_the_document()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("HEAD", "/events/a", null, AcceptJson);
        Assert.That((reply.Status, reply["Content-Type"], reply["Cache-Control"]), Is.EqualTo((200, "application/json", "no-store")));
    }

    // RFC 9110 section 12.5.1; the event stream wins a tie.
    [TestCase("application/json", true)]
    [TestCase("APPLICATION/JSON; charset=utf-8", true)]
    [TestCase("application/*", true)]
    [TestCase("application/json, text/event-stream", false)]
    [TestCase("application/json;q=0.5, text/event-stream;q=0.5", false)]
    [TestCase("application/json;q=0.51, text/event-stream;q=0.5", true)]
    [TestCase("application/json, text/event-stream;q=0.9", true)]
    [TestCase("application/json;q=0.9, text/event-stream", false)]
    [TestCase("application/json, */*", false)]
    [TestCase("application/json, */*;q=0.1", true)]
    [TestCase("*/*", false)]
    public async Task Accept_chooses_the_representation(string accept, bool isJson)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events/a?poll=0s", null, "Accept: " + accept);
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200,
            isJson ? "application/json" : "text/event-stream; charset=utf-8")));
    }

    [TestCase("poll=61s", "poll=")]
    [TestCase("poll=2m", "poll=")]
    [TestCase("poll=", "poll=")]
    [TestCase("poll=5", "poll=")]
    [TestCase("poll=-1s", "poll=")]
    [TestCase("poll=1s&limit=0", "limit= must be")]
    [TestCase("poll=1s&limit=1001", "limit= must be")]
    [TestCase("poll=1s&limit=", "limit= must be")]
    [TestCase("poll=1s&limit=%2B5", "limit= must be")]
    [TestCase("poll=1s&limit=99999999999", "limit= must be")]
    [TestCase("limit=5", "limit= is for polls")]
    public async Task Bad_parameters_are_refused(string query, string detail)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events/a?" + query);
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, reply.Problem)));
        Assert.That(reply.Problem, Does.StartWith(detail));
    }

    private static async Task<WireReply> PollAsync(WireClient client, string target, params string[] fields)
    {
        await client.RequestAsync("GET", target, (string?)null, [AcceptJson, .. fields]);
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(200), reply.Body);
        return reply;
    }

    private static string? Next(WireReply reply) => reply.Json.GetProperty("next").GetString();

    private static string[] Data(WireReply reply)
        => [.. reply.Json.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("data").GetString()!)];
}
