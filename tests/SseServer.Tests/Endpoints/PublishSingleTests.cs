using System.Text;
using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>One event per request.</summary>
public sealed class PublishSingleTests
{
    [Test]
    public async Task Reply_to_a_publish_is_this()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events/orders/42", "x");
        Assert.That(reply.Head, Is.EqualTo(
            "HTTP/1.1 201 Created\r\n" +
            "Date: Sat, 22 Nov 2025 06:48:43 GMT\r\n" +
            "Access-Control-Allow-Origin: *\r\n" +
            "Access-Control-Expose-Headers: Retry-After, SSE-Last-Event-ID, RateLimit, RateLimit-Policy\r\n" +
            "X-Content-Type-Options: nosniff\r\n" +
            "Cache-Control: no-store\r\n" +
            "Content-Type: application/json\r\n" +
            "Content-Length: 45\r\n\r\n"));
        Assert.That(reply.Body, Is.EqualTo("""{"id":"1763794123123-1","topic":"orders/42"}""" + "\n"));
    }

    [TestCase("one line", "one line")]
    [TestCase("", "")]
    [TestCase("a\nb", "a\nb")]
    [TestCase("a\r\nb", "a\nb")]
    [TestCase("a\rb", "a\nb")]
    [TestCase("a\n\r\nb", "a\n\nb")]
    [TestCase("\n", "\n")]
    [TestCase("\n\n\n", "\n\n\n")]
    [TestCase(" leading and trailing ", " leading and trailing ")]
    [TestCase("data: x\n\nevent: gap\n\n", "data: x\n\nevent: gap\n\n")]
    [TestCase(":comment", ":comment")]
    [TestCase("häßlich 😀  \u2028 \uFEFF", "häßlich 😀  \u2028 \uFEFF")]
    [TestCase("\0\u0001\u007F", "\0\u0001\u007F")]
    public async Task Body_is_the_data(string body, string data)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        await server.PublishAsync("/events", body);
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo(data));
    }

    [TestCase(null)]
    [TestCase("text/plain")]
    [TestCase("text/plain;charset=UTF-8")]
    [TestCase("text/plain; charset=\"utf-8\"")]
    [TestCase("text/plain;format=flowed; charset=us-ascii")]
    [TestCase("application/json")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/ndjson-not")]
    public async Task Any_type_without_a_meaning_of_its_own_is_text(string? type)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        await server.PublishAsync("/events", "a=b&c=%41", type is null ? [] : ["Content-Type: " + type]);
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo("a=b&c=%41"));
    }

    [TestCase("final=1&final=0")]
    [TestCase("key=a&event=b&key=a")]
    [TestCase("id=a&id=b")]
    public async Task Parameter_that_is_given_twice_is_refused(string query)
    {
        await using var server = new ServerUnderTest();

        var reply = await server.SendAsync("POST", $"/events/a?{query}", "x");

        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, "A query parameter is given twice; give each parameter once.")));
    }

    [TestCase("Content-Type: text/plain; charset=iso-8859-1", "UTF-8")]
    [TestCase("Content-Type: application/json;charset=utf-16", "UTF-8")]
    [TestCase("Content-Type: application/x-ndjson;charset=latin1", "UTF-8")]
    [TestCase("Content-Encoding: gzip", "content coding")]
    [TestCase("Content-Encoding: identity\r\nContent-Encoding: br", "content coding")]
    [TestCase("Content-Encoding: identity, gzip", "content coding")]
    [TestCase("Content-Type: text/plain\r\nContent-Type: application/x-ndjson", "more than one Content-Type")]
    [TestCase("Content-Type: multipart/form-data; boundary=x", "multipart")]
    [TestCase("Content-Type: Multipart/mixed", "multipart")]
    public async Task Body_that_would_have_to_be_converted_is_refused(string fields, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", "{}", fields.Split("\r\n"));
        Assert.That(reply.Status, Is.EqualTo(415));
        Assert.That(reply.Problem, Does.Contain(sentence));
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
    }

    [TestCase("")]
    [TestCase("identity")]
    [TestCase("Identity, identity")]
    public async Task Coding_that_changes_nothing_is_taken(string coding)
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events", "x", "Content-Encoding: " + coding);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(100_000)]
    public async Task Binary_body_is_sent_as_base64(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        await using var server = new ServerUnderTest();
        var subscriber = await server.SubscribeAsync("/events");
        var publisher = await server.ConnectAsync();
        await publisher.RequestAsync("POST", "/events", body, "Content-Type: application/octet-stream");
        Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
        Assert.That(Convert.FromBase64String((await subscriber.ReadBlockAsync())!.Data!), Is.EqualTo(body));
    }

    [TestCase(new byte[] { 0xFF })]
    [TestCase(new byte[] { (byte)'a', 0xC3 })]
    [TestCase(new byte[] { 0xC0, 0x80 })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 })]
    public async Task Text_that_is_not_utf8_is_refused(byte[] body)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("POST", "/events", body);
        var reply = await client.ReadReplyAsync();
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain("not valid UTF-8"));
    }

    [TestCase("event=connected", "reserved for the server")]
    [TestCase("event=gap", "reserved for the server")]
    [TestCase("event=heartbeat", "reserved for the server")]
    [TestCase("event=auth-expiring", "reserved for the server")]
    [TestCase("event=a%0Adata:%20b", "event name")]
    [TestCase("event=a%0D", "event name")]
    [TestCase("event=%00", "event name")]
    [TestCase("event=%FF", "event name")]
    [TestCase("id=", "event id")]
    [TestCase("id=%20a", "event id")]
    [TestCase("id=a+", "event id")]
    [TestCase("id=a%0Ab", "event id")]
    [TestCase("id=%00", "event id")]
    [TestCase("id=%C2%85", "event id")]
    [TestCase("id=1763794123123-0", "reserved for the server")]
    [TestCase("id=0-0", "reserved for the server")]
    [TestCase("retry=", "milliseconds")]
    [TestCase("retry=-1", "milliseconds")]
    [TestCase("retry=1.5", "milliseconds")]
    [TestCase("retry=%2B5", "milliseconds")]
    [TestCase("topic=a&topic=b", "one topic")]
    [TestCase("keys=x", "write key=")]
    [TestCase("Event=x", "write event=")]
    [TestCase("=x", "parameters")]
    [TestCase("event=%", "two hex digits")]
    public async Task Parameter_that_cannot_be_taken_is_refused_with_a_sentence(string query, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events?" + query, "x");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain(sentence));
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
    }

    [Test]
    public async Task Topic_in_path_and_query_is_refused()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events/a?topic=a", "x");
        Assert.That((reply.Status, reply.Problem),
            Is.EqualTo((400, "The request names more than one topic; name one topic, in the path or in topic=.")));
    }

    [TestCase("retry=0", "1000")]
    [TestCase("retry=999", "1000")]
    [TestCase("retry=1000", "1000")]
    [TestCase("retry=59999", "59999")]
    [TestCase("retry=60001", "60000")]
    [TestCase("retry=4294967296", "60000")]
    [TestCase("retry=99999999999999999999999999", "60000")]
    [TestCase("event=", null)]
    public async Task Retry_is_brought_into_its_range(string query, string? retry)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        await server.PublishAsync("/events?" + query, "x");
        Assert.That((await client.ReadBlockAsync())!.Retry, Is.EqualTo(retry));
    }

    [TestCase("a+b%20c", "a b c")]
    [TestCase("Connected", "Connected")]
    [TestCase("+connected", " connected")]
    [TestCase("%C3%A9", "é")]
    public async Task Event_name_is_what_the_query_says(string encoded, string name)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        await server.PublishAsync("/events?event=" + encoded, "x");
        Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo(name));
    }

    [Test]
    public async Task Repeated_id_appends_nothing_and_gets_the_first_reply()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/a?topic=b");
        var first = await server.SendAsync("POST", "/events/a?id=x", "1");
        var second = await server.SendAsync("POST", "/events/a?id=x", "1");
        var elsewhere = await server.SendAsync("POST", "/events/b?id=x", "3");
        Assert.That((first.Status, second.Status, elsewhere.Status), Is.EqualTo((201, 200, 201)));
        Assert.That((first.Body.TrimEnd('\n'), second.Body.TrimEnd('\n')), Is.EqualTo((
            """{"id":"1763794123123-1","topic":"a"}""", """{"id":"1763794123123-1","topic":"a","repeated":true}""")));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("1"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("3"));
    }

    [TestCase("", "", 400)]
    [TestCase("", "x", 400)]
    [TestCase("Connection: keep-alive\r\n", "x", 400)]
    [TestCase("Content-Type: application/x-ndjson\r\n", "{\"data\":1}", 400)]
    [TestCase("Content-Length: 0\r\n", "", 201)]
    [TestCase("Content-Length: 1\r\n", "x", 201)]
    public async Task Http_1_0_needs_a_length(string fields, string body, int status)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { AllowAnonymousPublish = true });
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events/a HTTP/1.0\r\nHost: {client.Authority}\r\n{fields}\r\n{body}");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((status, "close")));
        if (status == 400) Assert.That(reply.Problem, Is.EqualTo(
            "An HTTP/1.0 request needs a Content-Length; send the length of the body, 0 if it is empty, or use HTTP/1.1."));
        Assert.That(server.Hub.TopicCount, Is.EqualTo(status == 201 ? 1 : 0));
    }

    [TestCase(256, 201)]
    [TestCase(257, 400)]
    public async Task Id_has_so_many_bytes(int length, int status)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events?id=" + new string('i', length), "x");
        Assert.That(reply.Status, Is.EqualTo(status));
    }

    [TestCase(64, 201)]
    [TestCase(65, 413)]
    public async Task Body_has_so_many_bytes(int length, int status)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxEventBytes = 64 });
        var counted = await server.SendAsync("POST", "/events", new string('x', length));
        var client = await server.ConnectAsync();
        await client.SendAsync($"POST /events HTTP/1.1\r\nHost: {client.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var part in new string('x', length).Chunk(20)) await client.SendChunkAsync(new string(part));
        await client.SendChunkAsync("");
        var chunked = await client.ReadReplyAsync();
        Assert.That((counted.Status, chunked.Status), Is.EqualTo((status, status)));
        if (status == 413) Assert.That((counted.Problem, chunked.Problem),
            Is.EqualTo((chunked.Problem, "The body is longer than 64 bytes; send less, or raise Limits:MaxEventBytes.")));
    }

    [Test]
    public async Task Default_limits_take_an_event_of_a_megabyte()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        var body = new StringBuilder().Insert(0, "0123456789abcde\n", 65536).ToString();
        await server.PublishAsync("/events", body);
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo(body));
    }

    [TestCase("a\"b\\c")]
    [TestCase("<script>")]
    [TestCase("häuser/ö")]
    [TestCase("😀")]
    public async Task Topic_in_the_reply_is_valid_json(string topic)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events?topic=" + Uri.EscapeDataString(topic), "x");
        Assert.That(reply.Json.GetProperty("topic").GetString(), Is.EqualTo(topic));
    }
}
