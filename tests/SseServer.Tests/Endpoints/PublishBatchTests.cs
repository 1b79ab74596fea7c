using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>application/x-ndjson: one event per line, valid as a whole or refused as a whole.</summary>
public sealed class PublishBatchTests
{
    [Test]
    public async Task Each_line_is_an_event()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/a?topic=b");
        var reply = await PublishAsync(server, "/events/a",
            """{"data":"one"}""", """{"topic":"b","event":"named","id":"mine","retry":5000,"data":"two\nlines"}""",
            """{"data":{"nested":[1,2]}}""");
        Assert.That((reply.Status, reply.Body), Is.EqualTo((201,
            """{"first":"1763794123123-1","last":"1763794123123-3","count":3}""" + "\n")));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-1\ndata: one"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: mine\nevent: named\nretry: 5000\ndata: two\ndata: lines"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-2"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo("id: 1763794123123-3\ndata: {\"nested\":[1,2]}"));
    }

    [TestCase("""{"data":""}""", "")]
    [TestCase("""{"topic":null,"event":null,"id":null,"retry":null,"key":null,"final":null,"data":"x"}""", "x")]
    [TestCase("""{"data":[null]}""", "[null]")]
    [TestCase("""{"data":true}""", "true")]
    [TestCase("""{"data":-1.50e3}""", "-1.50e3")]
    [TestCase("""{"data":[ 1, {"data":"x"} ]}""", """[ 1, {"data":"x"} ]""")]
    [TestCase("""{"data":"\u00e9 \ud83d\ude00 \"\\\/\b\f\t"}""", "é 😀 \"\\/\b\f\t")]
    [TestCase("""{"data":"a\r\nb\rc\nd"}""", "a\nb\nc\nd")]
    [TestCase("""{"\u0064ata":"escaped name"}""", "escaped name")]
    [TestCase("""{"data":{"kept":"\u00e9"}}""", """{"kept":"\u00e9"}""")]
    [TestCase("""{"event":"","data":"default name"}""", "default name")]
    [TestCase(""" { "data" : "spaces" } """, "spaces")]
    public async Task Data_is_the_text_of_a_string_or_json_as_it_is_written(string line, string data)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        Assert.That((await PublishAsync(server, "/events", line)).Status, Is.EqualTo(201));
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo(data));
    }

    [TestCase("{\"data\":1}\n{\"data\":2}\n", 2)]
    [TestCase("{\"data\":1}\r\n{\"data\":2}\r\n", 2)]
    [TestCase("\n\n{\"data\":1}\n \t \r\n{\"data\":2}", 2)]
    [TestCase("{\"data\":1}", 1)]
    [TestCase("\uFEFF{\"data\":1}\n{\"data\":2}", 2)]
    [TestCase("\uFEFF\n{\"data\":1}", 1)]
    public async Task Blank_lines_and_line_breaks_of_either_kind_are_passed_over(string body, int count)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", body, "Content-Type: application/x-ndjson");
        Assert.That(reply.Json.GetProperty("count").GetInt32(), Is.EqualTo(count));
    }

    [TestCase("""{"data":1""", "not a valid JSON object")]
    [TestCase("""{"data":1} {"data":2}""", "not a valid JSON object")]
    [TestCase("""{"data":1,}""", "not a valid JSON object")]
    [TestCase("""{data:1}""", "not a valid JSON object")]
    [TestCase("""[1]""", "not a JSON object")]
    [TestCase("\"text\"", "not a JSON object")]
    [TestCase("null", "not a JSON object")]
    [TestCase("""{"data":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""", "not a valid JSON object")]
    [TestCase("{}", "data is missing")]
    [TestCase("""{"data":null}""", "data is null")]
    [TestCase("""{"data":null,"final":true,"event":"e"}""", "data is null")]
    [TestCase("""{"data":1,"id":null,"id":null}""", "a field is given twice")]
    [TestCase("""{"topic":"a"}""", "data is missing")]
    [TestCase("""{"data":1,"data":2}""", "a field is given twice")]
    [TestCase("""{"data":1,"\u0064ata":2}""", "a field is given twice")]
    [TestCase("""{"data":1,"keys":"k"}""", "a field is unknown")]
    [TestCase("""{"data":1,"Topic":"a"}""", "a field is unknown")]
    [TestCase("""{"data":1,"topic":5}""", "strings")]
    [TestCase("""{"data":1,"topic":"a/*"}""", "'*'")]
    [TestCase("""{"data":1,"topic":"$server"}""", "'$'")]
    [TestCase("""{"data":1,"topic":"a\u0000"}""", "control")]
    [TestCase("""{"data":1,"event":"gap"}""", "reserved for the server")]
    [TestCase("""{"data":1,"event":"\u0067ap"}""", "reserved for the server")]
    [TestCase("""{"data":1,"event":"a\nb"}""", "event name")]
    [TestCase("""{"data":1,"id":""}""", "event id")]
    [TestCase("""{"data":1,"id":"1-1"}""", "reserved for the server")]
    [TestCase("""{"data":1,"retry":"1000"}""", "whole number")]
    [TestCase("""{"data":1,"retry":1.5}""", "whole number")]
    [TestCase("""{"data":1,"retry":-1}""", "whole number")]
    [TestCase("""{"data":{"a":"\ud800"}}""", "not valid Unicode")]
    [TestCase("""{"data":{"\udc00":1}}""", "not valid Unicode")]
    [TestCase("""{"data":["x",["\ud83d\ude00",{"b":{"c":["\ude00\ud83d"]}}]]}""", "not valid Unicode")]
    [TestCase("""{"data":[{}, [], "\ud83dx"],"id":"a"}""", "not valid Unicode")]
    [TestCase("""{"data":{"a":"\ud83d\u0041"}}""", "not valid Unicode")]
    [TestCase("""{"data":"\ud800"}""", "not valid Unicode")]
    [TestCase("""{"data":"\udc00\ud800"}""", "not valid Unicode")]
    [TestCase("""{"data":1,"id":"\ud83d"}""", "not valid Unicode")]
    public async Task Line_that_is_no_event_refuses_the_whole_batch_and_is_named(string line, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await PublishAsync(server, "/events", """{"data":"good"}""", "", line, """{"data":"good"}""");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.StartWith("Line 3: ").And.Contains(sentence));
        Assert.That(reply.Json.GetProperty("line").GetInt32(), Is.EqualTo(3));
        Assert.That(server.Hub.HistoryBytes, Is.Zero);
    }

    [TestCase("""{"a":"\ud83d\ude00","\ud83d\ude00":["\u0000",{"b":[]}],"c":{}}""")]
    [TestCase("""[1,"x",[],{},null,[["\"\\\ud83d\ude00"]]]""")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("12.50")]
    [TestCase("true")]
    public async Task Value_that_is_no_string_is_the_data_as_it_is_written(string value)
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events");
        Assert.That((await PublishAsync(server, "/events", $$"""{"data":{{value}},"event":"x"}""", """{"data":"last"}""")).Status,
            Is.EqualTo(201));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo(value));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("last"));
    }

    [TestCase("application/x-ndjson")]
    [TestCase("application/ndjson")]
    [TestCase("application/jsonl")]
    [TestCase("application/x-jsonlines")]
    [TestCase("Application/JSONL; charset=utf-8")]
    public async Task Names_of_json_lines_are_batches(string type)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", "{\"data\":1}\n{\"data\":2}\n", "Content-Type: " + type);
        Assert.That((reply.Status, reply.Json.GetProperty("count").GetInt32()), Is.EqualTo((201, 2)));
    }

    [TestCase('[', ']')]
    [TestCase('{', '}')]
    public async Task Data_is_nested_up_to_a_thousand_levels(char opening, char closing)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        var (deepest, deeper) = (Nested(1000), Nested(1001));

        var taken = await PublishAsync(server, "/events", $$"""{"data":{{deepest}}}""");
        var refused = await PublishAsync(server, "/events", """{"data":1}""", $$"""{"data":{{deeper}}}""");
        var open = await PublishAsync(server, "/events", $$"""{"data":{{new string('[', 100_000)}}""");

        Assert.That((taken.Status, refused.Status, open.Status), Is.EqualTo((201, 400, 400)));
        Assert.That((await client.ReadBlockAsync())!.Data, Is.EqualTo(deepest));
        const string Reason = "data is nested deeper than 1000 levels; nest it less, or send it as a string.";
        Assert.That((refused.Problem, open.Problem), Is.EqualTo(("Line 2: " + Reason, "Line 1: " + Reason)));

        string Nested(int levels) => opening == '['
            ? new string('[', levels) + new string(']', levels)
            : string.Concat(Enumerable.Repeat("{\"a\":", levels - 1)) + "{}" + new string(closing, levels - 1);
    }

    [TestCase(new byte[] { 0xFF })]
    [TestCase(new byte[] { 0xC3 })]
    [TestCase(new byte[] { 0xED, 0xA0, 0x80 })]
    public async Task Line_that_is_not_utf8_refuses_the_whole_batch(byte[] bytes)
    {
        await using var server = new ServerUnderTest();
        foreach (var (before, after) in new[] { ("{\"data\":\"", "\"}"), ("{\"data\":[\"", "\"]}"), ("{\"data\":1,\"id\":\"", "\"}") })
        {
            var client = await server.ConnectAsync();
            byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(before), .. bytes, .. System.Text.Encoding.ASCII.GetBytes(after)];
            await client.RequestAsync("POST", "/events", body, "Content-Type: application/x-ndjson");
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Status, reply.Problem),
                Is.EqualTo((400, "Line 1: a string is not valid Unicode; send UTF-8, and surrogates only in pairs.")));
        }
    }

    [TestCase("")]
    [TestCase("\uFEFF")]
    [TestCase("\n\r\n  \n")]
    public async Task Batch_without_a_line_is_refused(string body)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", body, "Content-Type: application/x-ndjson");
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, "The batch is empty; send one JSON object per line.")));
    }

    [TestCase("id=x")]
    [TestCase("event=x")]
    [TestCase("retry=1000")]
    [TestCase("key=x")]
    public async Task Query_gives_a_batch_its_topic_alone(string query)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events?" + query, """{"data":1}""", "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain("only topic="));
    }

    [Test]
    public async Task Repeats_in_a_batch_are_counted_and_appended_once()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events");
        string[] lines = ["""{"id":"a","data":1}""", """{"id":"b","data":2}""", """{"id":"a","data":1}"""];
        var first = await PublishAsync(server, "/events", lines);
        var second = await PublishAsync(server, "/events", lines);
        Assert.That((first.Status, second.Status), Is.EqualTo((201, 200)));
        Assert.That(first.Json.GetProperty("repeated").GetInt32(), Is.EqualTo(1));
        Assert.That(second.Json.GetProperty("repeated").GetInt32(), Is.EqualTo(3));
        client.Finish();
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("1"));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("2"));
        Assert.That(await client.ReadEventAsync(), Is.Null);
    }

    [Test]
    public async Task Event_and_batch_have_bounds()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { MaxEventBytes = 64, MaxBatchBytes = 256 });
        var long64 = $$"""{"data":"{{new string('x', 64)}}"}""";
        var long65 = $$"""{"data":"{{new string('x', 65)}}"}""";
        Assert.That((await PublishAsync(server, "/events", long64, long64, long64)).Status, Is.EqualTo(201));
        var tooLongEvent = await PublishAsync(server, "/events", long64, long65);
        Assert.That((tooLongEvent.Status, tooLongEvent.Problem),
            Is.EqualTo((413, "Line 2: data is longer than 64 bytes; send less, or raise Limits:MaxEventBytes.")));
        var tooLongBatch = await PublishAsync(server, "/events", long64, long64, long64, long64);
        Assert.That(tooLongBatch.Status, Is.EqualTo(413));
        Assert.That(tooLongBatch.Problem, Does.Contain("256 bytes"));
    }

    private static Task<WireReply> PublishAsync(ServerUnderTest server, string target, params string[] lines)
        => server.SendAsync("POST", target, string.Join('\n', lines), "Content-Type: application/x-ndjson");
}
