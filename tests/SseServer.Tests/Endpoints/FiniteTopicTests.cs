using SseServer.Catalog;

namespace SseServer.Tests.Endpoints;

/// <summary>Finite topics over HTTP: how to end one, and the responses to subscribers and publishers afterwards.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class FiniteTopicTests
{
    private const string Json = "Content-Type: application/x-ndjson";
    private const string NoBody = "no body";
    private const string Events = "Content-Type: text/event-stream";

    [TestCase("POST", "/events/job/17?final=1", "last", null, "last")]
    [TestCase("POST", "/events/job/17?final=true&id=done", "last", null, "last")]
    [TestCase("POST", "/events/job/17?final=1", null, null, null)]
    [TestCase("POST", "/events?topic=job/17&final=true", "", null, null)]
    [TestCase("POST", "/events/job/17?final=1&event=done", "", null, "")]
    [TestCase("POST", "/events/job/17?final=1&id=done", null, null, "")]
    [TestCase("POST", "/events/job/17?final=1&key=k", "", null, "")]
    [TestCase("POST", "/events/job/17?final=1", "", "Content-Type: text/plain", "")]
    [TestCase("POST", "/events", """{"topic":"job/17","final":true,"data":"last"}""", Json, "last")]
    [TestCase("POST", "/events", """{"topic":"job/17","final":true}""", Json, null)]
    [TestCase("POST", "/events/job/17?final=1", "data: last\n\n", Events, "last")]
    [TestCase("POST", "/events/job/17?final=1", "", Events, null)]
    public async Task Topic_ends_and_its_subscribers_stop(string method, string target, string? body, string? type, string? data)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/job/17");
        await server.PublishAsync("/events/job/17", "first");
        var reply = await server.SendAsync(method, target, body, type is null ? [] : [type]);
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);

        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("first"));
        if (data is not null) Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo(data));
        var isEndAlone = type == Events || data is null;
        if (isEndAlone) Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("heartbeat"),
            "some clients take no id from a block without data");
        Assert.That(await client.ReadEventAsync(), Is.Null, "a clean end");

        // The connection stays open, and EventSource reconnects with the last id it received.
        foreach (var request in new[] { "GET", "HEAD" })
        {
            await client.RequestAsync(request, "/events/job/17", (string?)null, "Last-Event-ID: " + client.LastEventId,
                "Accept: text/event-stream");
            var rest = await client.ReadReplyAsync(isHead: request == "HEAD");
            Assert.That((rest.Status, rest["Access-Control-Allow-Origin"], rest["Cache-Control"]), Is.EqualTo((204, "*", "no-store")));
        }

        var late = await server.SubscribeAsync("/events/job/17?since=all");
        Assert.That((await late.ReadEventAsync())!.Data, Is.EqualTo("first"));
        if (data is not null) Assert.That((await late.ReadEventAsync())!.Data, Is.EqualTo(data));
        if (isEndAlone) Assert.That((await late.ReadEventAsync())!.Id, Is.EqualTo(client.LastEventId));
        Assert.That(await late.ReadEventAsync(), Is.Null);
        Assert.That(late.LastEventId, Is.EqualTo(client.LastEventId));
        Assert.That((await server.SendAsync("GET", "/events/job/17")).Status, Is.EqualTo(204), "Nobody asked for what was.");
        Assert.That(await server.MetricAsync("sse_topics_ended_total"), Is.EqualTo(1));
    }

    [Test]
    public async Task Stream_over_HTTP_1_0_ends_with_its_connection()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a?final=1", "last");
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /events/a?since=all HTTP/1.0\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("connected"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("last"));
        Assert.That(await client.ReadEventAsync(), Is.Null);
    }

    [Test]
    public async Task Ended_topic_refuses_events_and_takes_repeats()
    {
        await using var server = new ServerUnderTest();
        var one = await server.PublishAsync("/events/a?id=one", "x");
        var end = await server.PublishAsync("/events/a?id=done&final=1", "x");

        foreach (var (target, body, type) in new[] { ("/events/a", "x", "Content-Type: text/plain"),
            ("/events/a?final=1", "x", "Content-Type: text/plain"), ("/events/a", "data: x\n\n", Events) })
        {
            var refused = await server.SendAsync("POST", target, body, type);
            Assert.That((refused.Status, refused.Problem), Is.EqualTo((409,
                "The topic has ended; publish to another topic, or wait until the server forgets that it ended.")), target);
        }

        foreach (var (query, hubId) in new[] { ("id=one", one), ("id=done&final=1", end) })
        {
            var repeat = await server.SendAsync("POST", $"/events/a?{query}", "x");
            Assert.That((repeat.Status, repeat.Body), Is.EqualTo((200, $$"""{"id":"{{hubId}}","topic":"a","repeated":true}""" + "\n")));
        }

        for (var i = 0; i < 2; i++)
        {
            var again = await server.SendAsync("POST", "/events/a?final=1");
            Assert.That((again.Status, again.Body), Is.EqualTo((200, $$"""{"id":"{{end}}","topic":"a","repeated":true}""" + "\n")));
        }
    }

    [Test]
    public async Task Repeat_of_an_event_within_a_batch_that_ends_its_topic_is_a_repeat()
    {
        await using var server = new ServerUnderTest();
        const string Last = """{"id":"done","data":"x","final":true}""";
        const string One = """{"id":"one","data":1}""";
        var reply = await server.SendAsync("POST", "/events/a", string.Join('\n', One, Last, Last, One), Json);
        Assert.That((reply.Status, reply.Body),
            Is.EqualTo((201, """{"first":"1763794123123-1","last":"1763794123123-1","count":4,"repeated":2}""" + "\n")));
    }

    [Test]
    public async Task Batch_with_an_event_after_an_end_is_refused_with_its_line()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events/a",
            "{\"data\":1,\"final\":true}\n\n \r\n{\"topic\":\"b\",\"data\":1}\n{\"data\":2}\n", Json);
        Assert.That((reply.Status, reply.Json.GetProperty("line").GetInt32()), Is.EqualTo((409, 5)));
        Assert.That(reply.Problem, Does.StartWith("Line 5: the topic has ended"));
        var retried = await server.SendAsync("POST", "/events/a",
            "{\"data\":1,\"final\":true}\n{\"topic\":\"b\",\"data\":1,\"final\":false}\n", Json);
        Assert.That(retried.Status, Is.EqualTo(201), "Nothing was taken of the first.");
    }

    [Test]
    public async Task Stream_of_events_whose_topic_ends_is_told_the_last_published_event()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        var client = await server.ConnectAsync();
        await client.SendAsync(
            $"POST /events/a?final=1 HTTP/1.1\r\nHost: {client.Authority}\r\n{Events}\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.SendChunkAsync("data: one\n\n");
        var one = (await reader.ReadEventAsync())!.Id;
        await server.SendAsync("POST", "/events/a?final=1");
        await client.SendChunkAsync("data: two\n\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Json.GetProperty("lastId").GetString()), Is.EqualTo((409, one)));
    }

    [Test]
    public async Task Stream_of_events_names_the_end_and_a_broken_one_ends_nothing()
    {
        await using var server = new ServerUnderTest();
        var broken = await server.SendAsync("POST", "/events/a?final=1", "data: one\n\ndata: half", Events);
        Assert.That(broken.Status, Is.EqualTo(400));
        var whole = await server.SendAsync("POST", "/events/a?final=1", "data: two\n\n", Events);
        Assert.That(whole.Status, Is.EqualTo(201));
        var end = (await server.SendAsync("POST", "/events/a?final=1")).Json.GetProperty("id").GetString();
        Assert.That(whole.Json.GetProperty("end").GetString(), Is.EqualTo(end));
        Assert.That(whole.Json.GetProperty("count").GetInt32(), Is.EqualTo(1));
    }

    [TestCase("POST", "/events/a?final=", "", "final= must be 1, which ends the topic, or 0.")]
    [TestCase("POST", "/events/a?final=yes", "", "final= must be 1, which ends the topic, or 0.")]
    [TestCase("POST", "/events/a?final=2", Events, "final= must be 1, which ends the topic, or 0.")]
    [TestCase("POST", "/events/a?final=1", Json, "A batch accepts only topic= in the query; put everything else in its lines.")]
    [TestCase("POST", "/events/a?key=k", Json, "A batch accepts only topic= in the query; put everything else in its lines.")]
    [TestCase("POST", "/events/a?key=k", Events,
        "A stream of events accepts only topic= and final= in the query; put everything else in its events.")]
    [TestCase("POST", "/events/a?key=", "", "The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.")]
    [TestCase("POST", "/events/a?key=a%0Ab", "",
        "The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.")]
    [TestCase("POST", "/events/a?key=%FF", "", "The key is invalid; send 1 to 256 bytes of UTF-8 without control characters, or omit it.")]
    [TestCase("POST", "/events?final=1", NoBody, "The request names no topic to end; name it in the path or in topic=.")]
    [TestCase("POST", "/events/$sys?final=1", NoBody,
        "Topic names that begin with '$' are reserved for the server; publish to another topic.")]
    [TestCase("POST", "/events/a?topic=b&final=1", "", "The request names more than one topic; name one topic, in the path or in topic=.")]
    [TestCase("POST", "/events?topic=a&topic=b&final=1", "",
        "The request names more than one topic; name one topic, in the path or in topic=.")]
    [TestCase("POST", "/events/$sys?final=1", "", "Topic names that begin with '$' are reserved for the server; publish to another topic.")]
    public async Task Error_in_the_url_is_explained(string method, string target, string type, string problem)
    {
        await using var server = new ServerUnderTest();
        var body = type == NoBody ? null : "data: x\n\n";
        var reply = await server.SendAsync(method, target, body, type.Length == 0 || type == NoBody ? [] : [type]);
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, problem)));
        Assert.That(server.Hub.TopicCount, Is.Zero);
    }

    [TestCase("/events/job/*")]
    [TestCase("/events/**")]
    public async Task Pattern_is_not_ended(string target)
    {
        await using var server = new ServerUnderTest();
        Assert.That((await server.SendAsync("POST", target + "?final=1")).Status, Is.EqualTo(400));
    }

    [TestCase("""{"data":1,"final":1}""", "final must be true or false.")]
    [TestCase("""{"data":1,"final":"true"}""", "final must be true or false.")]
    [TestCase("""{"data":1,"key":5}""", "topic, event, id and key must be strings.")]
    [TestCase("""{"data":1,"key":""}""", "The key is invalid; send 1 to 256 bytes")]
    [TestCase("""{"data":1,"key":"a\u0000"}""", "The key is invalid; send 1 to 256 bytes")]
    [TestCase("""{"data":1,"key":"a","key":"a"}""", "a field is given twice; give each field once.")]
    [TestCase("""{"final":false}""", "data is missing; add the field.")]
    [TestCase("""{"final":true,"event":"e"}""", "data is missing; add the field.")]
    [TestCase("""{"final":true,"key":"k"}""", "data is missing; add the field.")]
    public async Task Error_in_a_line_is_explained(string line, string problem)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events/a", line, Json);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.StartWith("Line 1: " + problem));
    }

    [TestCase("key=k")]
    [TestCase("key=Gr%C3%BC%C3%9Fe%20%F0%9F%98%80")]
    [TestCase("key=k&final=0")]
    [TestCase("final=false")]
    public async Task Key_is_taken_and_what_is_not_final_ends_nothing(string query)
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a?" + query, "x");
        await server.PublishAsync("/events/a?key=" + new string('k', 256), "x");
        Assert.That((await server.SendAsync("POST", "/events/a?key=" + new string('k', 257), "x")).Status, Is.EqualTo(400));
        Assert.That((await server.SendAsync("POST", "/events/a", """{"data":1,"key":"k","final":false}""", Json)).Status, Is.EqualTo(201));
    }

    [TestCase("/events/orders/42?final=1", 201)]
    [TestCase("/events/billing?final=1", 403)]
    public async Task Ending_needs_the_right_to_publish(string target, int status)
    {
        await using var server = Guarded.Start();
        Assert.That((await server.SendAsync("POST", target)).Status, Is.EqualTo(401));
        var reply = await server.SendAsync("POST", target, null, Guarded.Bearer(server.Token()));
        Assert.That(reply.Status, Is.EqualTo(status));
        Assert.That(server.Hub.TopicCount, Is.EqualTo(status == 201 ? 1 : 0));
    }

    [TestCase("Origin: https://evil.example", 403)]
    [TestCase("Origin: null", 403)]
    [TestCase("Host: rebound.example", 421)]
    [TestCase("X-Forwarded-For: 192.0.2.1", 403)]
    [TestCase("Origin: http://localhost:3000", 201)]
    public async Task Ending_is_guarded_as_publishing_is(string field, int status)
    {
        await using var server = new ServerUnderTest();
        Assert.That((await server.SendAsync("POST", "/events/a?final=1", null, field)).Status, Is.EqualTo(status));
    }

    [Test]
    public async Task Table_that_is_full_refuses_an_end_too()
    {
        await using var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxTopics = 1 });
        await server.PublishAsync("/events/a", "x");
        Assert.That((await server.SendAsync("POST", "/events/b?final=1")).Status, Is.EqualTo(503));
    }
}
