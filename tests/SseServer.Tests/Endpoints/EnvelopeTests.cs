using System.Text.Json;
using SseServer.Catalog;
using SseServer.Tests.History;

namespace SseServer.Tests.Endpoints;

/// <summary>envelope=json over a socket: each event's data is one JSON object that also has its topic, type, id and time.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EnvelopeTests
{
    private static readonly byte[] Binary = [0, 255, 10, 13, 128];

    [TestCase("/events?topic=orders/42&topic=news", false)]
    [TestCase("/events/**", false)]
    [TestCase("/events/orders/*", false)]
    [TestCase("/events/orders/42", false)]
    [TestCase("/events/orders/42", true)]
    [TestCase("/events/**", true)]
    public async Task Event_names_its_topic_type_id_data_and_time(string target, bool isHttp10)
    {
        await using var server = new ServerUnderTest();
        var id = await server.PublishAsync("/events/orders/42?event=shipped&retry=5000", "on \"its\"\nway\r\n☃ <b>");
        var separator = target.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        using var client = await OpenAsync(server, $"{target}{separator}since=all", isHttp10);

        var block = (await client.ReadEventAsync())!;

        var milliseconds = long.Parse(id.Split('-')[0], System.Globalization.CultureInfo.InvariantCulture);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
        Assert.That(block.Text, Is.EqualTo(
            $"id: {id}\nretry: 5000\n"
            + """data: {"topic":"orders/42","event":"shipped","id":"ID","data":"on \"its\"\nway\n☃ <b>","time":"TIME"}"""
                .Replace("ID", id, StringComparison.Ordinal)
                .Replace("TIME", $"{time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}", StringComparison.Ordinal)));
        Assert.That(block.Name, Is.EqualTo("message"), "so that onmessage gets events of every type");
    }

    [Test]
    public async Task Publisher_id_is_the_id_that_clients_see_and_the_hubs_id_follows_as_always()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/a?envelope=json");
        var id = await server.PublishAsync("/events/a?id=mine", "x");

        var block = (await client.ReadBlockAsync())!;
        var position = (await client.ReadBlockAsync())!;

        Assert.That((block.Id, Json(block).GetProperty("id").GetString()), Is.EqualTo(("mine", "mine")));
        Assert.That((position.Id, position.Data), Is.EqualTo((id, (string?)null)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Binary_data_is_base64_and_says_so_also_from_the_store(bool isStored)
    {
        var store = isStored ? new MemoryEventStore() : null;
        await using var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }, store: store);
        await PublishBinaryAsync(server, "/events/a");
        await server.PublishAsync("/events/b", "AP8KDYA=");
        if (isStored)
            for (var i = 0; i < 50; i++) await server.PublishAsync("/events/filler", new string('x', 1000));
        var client = await server.SubscribeAsync("/events/*?envelope=json&since=all");

        var binary = Json((await client.ReadEventAsync())!);
        var text = Json((await client.ReadEventAsync())!);

        Assert.That(binary.GetProperty("encoding").GetString(), Is.EqualTo("base64"));
        Assert.That(binary.GetProperty("data").GetBytesFromBase64(), Is.EqualTo(Binary));
        Assert.That((binary.GetProperty("topic").GetString(), text.GetProperty("topic").GetString()), Is.EqualTo(("a", "b")));
        Assert.That(text.TryGetProperty("encoding", out _), Is.False, "text that looks like base64 is text");
        if (isStored) Assert.That(store!.PagesRead, Is.Positive);
    }

    [Test]
    public async Task Without_an_envelope_binary_data_is_a_data_field_as_before()
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/a");
        await PublishBinaryAsync(server, "/events/a");

        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo(Convert.ToBase64String(Binary)));
    }

    [Test]
    public async Task Control_events_stay_as_they_are()
    {
        await using var server = new ServerUnderTest();
        using var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/events/a?envelope=json&heartbeat=event&lastEventId=1-1", body: (string?)null);
        await client.ReadHeadAsync();

        Assert.That((await client.ReadEventAsync())!.Data, Does.StartWith("Connection established at "));
        var gap = (await client.ReadEventAsync())!;
        server.Time.Advance(TimeSpan.FromSeconds(16));
        var heartbeat = (await client.ReadEventAsync())!;

        Assert.That((gap.Name, gap.Data), Is.EqualTo(("gap", """{"topics":["a"],"after":"1-1","from":null}""")));
        Assert.That(heartbeat.Name, Is.EqualTo("heartbeat"));
        Assert.That(heartbeat.Data, Does.Match(@"^\d+$"));
    }

    [TestCase("?final=1", "last", 2)]
    [TestCase("?final=1&event=done", "", 2)]
    [TestCase("?final=1", "", 1)]
    [TestCase(null, null, 1)]
    public async Task Finite_topic_ends_as_always(string? query, string? data, int events)
    {
        await using var server = new ServerUnderTest();
        var client = await server.SubscribeAsync("/events/a?envelope=json");
        await server.PublishAsync("/events/a", "first");
        if (query is not null) await server.PublishAsync("/events/a" + query, data!);
        else await server.SendAsync("POST", "/events/a", """{"final":true}""", "Content-Type: application/x-ndjson");

        var received = new List<string>();
        while (await client.ReadEventAsync() is { } block)
            if (block.Name != "heartbeat") received.Add(Json(block).GetProperty("data").GetString()!);

        Assert.That(received, Is.EqualTo(new[] { "first", data }.Take(events)));
    }

    [Test]
    public async Task Filter_and_newest_events_apply_to_the_published_events()
    {
        await using var server = new ServerUnderTest();
        await server.PublishAsync("/events/p?key=a&event=price", "1");
        await server.PublishAsync("/events/p?key=a&event=price", "2");
        await server.PublishAsync("/events/p?key=b&event=news", "3");
        var client = await server.SubscribeAsync("/events/p?envelope=json&since=latest&event=price");

        Assert.That(Json((await client.ReadEventAsync())!).GetProperty("data").GetString(), Is.EqualTo("2"));
        await server.PublishAsync("/events/p?event=news", "no");
        await server.PublishAsync("/events/p?event=price", "4");
        Assert.That(Json((await client.ReadEventAsync())!).GetProperty("data").GetString(), Is.EqualTo("4"));
    }

    [TestCase("envelope=xml")]
    [TestCase("envelope=")]
    [TestCase("envelope=JSON")]
    public async Task Other_envelope_is_refused(string query)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events/a?" + query);
        Assert.That((reply.Status, reply.Problem),
            Is.EqualTo((400, "envelope= must be json; omit it to get events as they were published.")));
    }

    private static JsonElement Json(EventBlock block) => JsonDocument.Parse(block.Data!).RootElement;

    private static async Task<WireClient> OpenAsync(ServerUnderTest server, string target, bool isHttp10)
    {
        if (!isHttp10) return await server.SubscribeAsync(target + "&envelope=json");
        var client = await server.ConnectAsync();
        await client.SendAsync($"GET {target}&envelope=json HTTP/1.0\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        return client;
    }

    private static async Task PublishBinaryAsync(ServerUnderTest server, string target)
    {
        using var client = await server.ConnectAsync();
        await client.RequestAsync("POST", target, Binary, "Content-Type: application/octet-stream");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(201));
    }
}
