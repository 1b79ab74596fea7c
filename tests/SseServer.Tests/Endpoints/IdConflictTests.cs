using System.Text.Json;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;

namespace SseServer.Tests.Endpoints;

/// <summary>A publisher's id that is published again: a repeat with the same content, a conflict with any other.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class IdConflictTests
{
    private const string Json = "Content-Type: application/x-ndjson";
    private const string Events = "Content-Type: text/event-stream";
    private const string Sentence = "he topic has an event with this id and other content; publish other content under another id.";

    [TestCase("", "first", "", "first", true)]
    [TestCase("", "a\r\nb", "", "a\nb", true, Description = "subscribers get the same")]
    [TestCase("&retry=5000", "first", "&retry=6000", "first", true)]
    [TestCase("", "first", "&retry=6000", "first", true)]
    [TestCase("&event=e&key=k", "first", "&key=k&event=e&retry=1000", "first", true)]
    [TestCase("&event=", "first", "", "first", true)]
    [TestCase("", "first", "", "second", false)]
    [TestCase("", "first", "", "", false)]
    [TestCase("", "first", "", "first\n", false)]
    [TestCase("", "first", "&event=e", "first", false)]
    [TestCase("&event=e", "first", "", "first", false)]
    [TestCase("&event=e", "first", "&event=f", "first", false)]
    [TestCase("", "first", "&key=k", "first", false)]
    [TestCase("&key=k", "first", "&key=l", "first", false)]
    [TestCase("", "first", "&final=1", "first", false)]
    [TestCase("&final=1", "first", "", "first", false)]
    public async Task Same_id_is_a_repeat_or_a_conflict_by_its_content(string query, string data, string again, string other, bool isRepeat)
    {
        foreach (var store in new[] { null, new MemoryEventStore() })
        {
            await using var server = new ServerUnderTest(store: store);
            var first = await server.PublishAsync("/events/a?id=x" + query, data);
            var second = await server.SendAsync("POST", "/events/a?id=x" + again, other);
            var third = await server.SendAsync("POST", "/events/a?id=x" + query, data);

            if (isRepeat)
                Assert.That((second.Status, second.Body), Is.EqualTo((200, $$"""{"id":"{{first}}","topic":"a","repeated":true}""" + "\n")));
            else AssertConflict(second, "T" + Sentence);
            Assert.That((third.Status, third.Json.GetProperty("id").GetString()), Is.EqualTo((200, first)), "What was first stays.");
            var reader = await server.SubscribeAsync("/events/a?since=all");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo(data.ReplaceLineEndings("\n")));
        }
    }

    [Test]
    public async Task Binary_data_is_compared_as_it_is_sent()
    {
        await using var server = new ServerUnderTest();
        const string Binary = "Content-Type: application/octet-stream";
        var first = await server.SendAsync("POST", "/events/a?id=x", "data", Binary);
        var statuses = new List<int>();
        const string Text = "Content-Type: text/plain";
        foreach (var (data, type) in new[] { ("data", Binary), ("dato", Binary), ("data", Text), ("ZGF0YQ==", Text) })
            statuses.Add((await server.SendAsync("POST", "/events/a?id=x", data, type)).Status);
        Assert.That(first.Status, Is.EqualTo(201));
        Assert.That(statuses, Is.EqualTo(new[] { 200, 409, 409, 409 }));
    }

    [TestCase("""{"id":"x","data":"other"}""", 2, Description = "published before")]
    [TestCase("""{"id":"y","data":1}{"id":"y","data":2}""", 3, Description = "within the batch")]
    [TestCase("""{"id":"y","data":1}{"topic":"b","id":"y","data":2}{"id":"y","data":1,"key":"k"}""", 4)]
    [TestCase("""{"id":"x","data":"first"}{"id":"x","data":"first","final":true}""", 3)]
    public async Task Batch_with_a_conflict_is_refused_as_a_whole_and_the_line_is_named(string lines, int line)
    {
        foreach (var store in new[] { null, new MemoryEventStore() })
        {
            await using var server = new ServerUnderTest(store: store);
            await server.PublishAsync("/events/a?id=x", "first");
            var body = "{\"topic\":\"new\",\"data\":1}\n" + lines.Replace("}{", "}\n{", StringComparison.Ordinal);

            var reply = await server.SendAsync("POST", "/events/a", body, Json);

            AssertConflict(reply, $"Line {line}: t{Sentence}");
            Assert.That(reply.Json.GetProperty("line").GetInt32(), Is.EqualTo(line));
            Assert.That((await server.SendAsync("POST", "/events/a?id=y", "anything")).Status, Is.EqualTo(201), "Nothing was published.");
            Assert.That(await server.MetricAsync("sse_events_published_total"), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Stream_with_a_conflict_is_published_up_to_it()
    {
        foreach (var store in new[] { null, new MemoryEventStore() })
        {
            await using var server = new ServerUnderTest(store: store);
            var reader = await server.SubscribeAsync("/events/a");

            var reply = await server.SendAsync("POST", "/events/a?final=1",
                "id: x\ndata: 1\n\ndata: 2\n\nid: x\ndata: 1\n\nid: x\ndata: 3\n\ndata: 4\n\n", Events);

            AssertConflict(reply, "T" + Sentence);
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("1"));
            var two = (await reader.ReadEventAsync())!;
            Assert.That(two.Data, Is.EqualTo("2"));
            Assert.That(EventId.TryParse(System.Text.Encoding.ASCII.GetBytes(two.Id!), out var last), Is.True);
            Assert.That(reply.Json.GetProperty("lastId").GetString(), Is.EqualTo(new EventId(last.Value - 1).ToString()),
                "the last one before the conflict is a repeat of the first");
            await server.PublishAsync("/events/a", "5");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("5"), "The topic has not ended.");
        }
    }

    [Test]
    public async Task Id_whose_event_is_no_longer_retained_is_free()
    {
        await using var server = new ServerUnderTest(
            hub: HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 1 } });
        await server.PublishAsync("/events/a?id=x", "first");
        for (var i = 0; i < 3; i++) await server.PublishAsync("/events/a", "more");
        Assert.That((await server.SendAsync("POST", "/events/a?id=x", "other")).Status, Is.EqualTo(201));
    }

    private static void AssertConflict(WireReply reply, string detail)
    {
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((409, detail)), reply.Body);
        Assert.That(reply.Json.GetProperty("code").GetString(), Is.EqualTo("id_conflict"));
        Assert.That(reply.Json.TryGetProperty("id", out JsonElement _), Is.False);
    }
}
