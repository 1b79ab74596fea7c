using System.Text;
using System.Text.Json;

namespace SseServer.Tests.Endpoints;

/// <summary><c>GET /admin/topics</c>: the topics and their subscribers.</summary>
public sealed class AdminTopicsTests
{
    [Test]
    public async Task Topics_and_patterns_are_listed_with_their_counts()
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events?topic=b&topic=a");
        await server.SubscribeAsync("/events/a");
        await server.SubscribeAsync("/events/**");
        await server.PublishAsync("/events/a", "1");
        var last = await server.PublishAsync("/events/a", "2");
        await server.PublishAsync("/events/quiet/%C3%BC", "3");
        var reply = await server.SendAsync("GET", "/admin/topics");
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "application/json")));
        Assert.That(Names(reply.Json), Is.EqualTo(new[] { "a", "b", "quiet/ü" }));
        var (a, b) = (reply.Json.GetProperty("topics")[0], reply.Json.GetProperty("topics")[1]);
        Assert.That((Number(a, "subscribers"), Number(a, "events"), a.GetProperty("last").GetString()), Is.EqualTo((2, 2, last)));
        Assert.That(Number(a, "bytes"), Is.GreaterThan(2 * last.Length));
        Assert.That((Number(b, "subscribers"), Number(b, "events"), Number(b, "bytes"), b.GetProperty("last").GetString()),
            Is.EqualTo((1, 0, 0, (string?)null)));
        Assert.That(reply.Json.GetProperty("patterns").ToString(), Is.EqualTo("""[{"pattern":"**","subscribers":1}]"""));
        Assert.That(reply.Json.GetProperty("next").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Pages_follow_each_other_in_the_order_of_names()
    {
        await using var server = new ServerUnderTest();
        // More than are listed in one turn of the lock, and not in order.
        var batch = new StringBuilder();
        for (var i = 0; i < 700; i++) batch.Append($$"""{"topic":"t/{{i * 349 % 700:d3}}","data":""}""").Append('\n');
        batch.Append("""{"topic":"other","data":""}""");
        Assert.That((await server.SendAsync("POST", "/events", batch.ToString(), "Content-Type: application/x-ndjson")).Status,
            Is.EqualTo(201));
        var (names, sizes, after) = (new List<string>(), new List<int>(), "");
        while (true)
        {
            var json = (await server.SendAsync("GET", $"/admin/topics?prefix=t/&limit=300{after}")).Json;
            var page = Names(json);
            names.AddRange(page);
            sizes.Add(page.Count);
            Assert.That(json.TryGetProperty("patterns", out _), Is.EqualTo(after.Length == 0), "patterns come once");
            if (json.GetProperty("next").GetString() is not { } next) break;
            after = "&after=" + Uri.EscapeDataString(next);
        }

        Assert.That(sizes, Is.EqualTo(new[] { 300, 300, 100 }));
        Assert.That(names, Is.EqualTo(Enumerable.Range(0, 700).Select(i => $"t/{i:d3}")));
    }

    [Test]
    public async Task Full_last_page_has_no_next()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/a", "1");
        await server.PublishAsync("/events/b", "1");
        Assert.That((await server.SendAsync("GET", "/admin/topics?limit=2")).Json.GetProperty("next").ValueKind,
            Is.EqualTo(JsonValueKind.Null));
        Assert.That((await server.SendAsync("GET", "/admin/topics?limit=1")).Json.GetProperty("next").GetString(), Is.EqualTo("a"));
    }

    [TestCase("limit=0")]
    [TestCase("limit=1001")]
    [TestCase("limit=all")]
    public async Task Page_size_is_from_1_to_1000(string query)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/admin/topics?" + query);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.StartWith("limit="));
    }

    private static List<string> Names(JsonElement json)
        => [.. json.GetProperty("topics").EnumerateArray().Select(topic => topic.GetProperty("topic").GetString()!)];

    private static int Number(JsonElement topic, string name) => topic.GetProperty(name).GetInt32();
}
