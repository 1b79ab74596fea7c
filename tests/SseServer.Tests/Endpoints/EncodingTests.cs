using SseServer.Catalog;
using SseServer.Tests.History;

namespace SseServer.Tests.Endpoints;

/// <summary><c>encoding=base128</c> over a socket: binary events are shorter, and everything else is as without it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EncodingTests
{
    // FF 7F FF: 1111111 1011111 1111111 1110000.
    private const string Text = "~\u007F_\u007Fp";
    private const string Base64 = "/3//";

    [TestCase("", Base64)]
    [TestCase("&encoding=base64", Base64)]
    [TestCase("&encoding=base128", Text)]
    public async Task Binary_event_keeps_its_id_name_and_retry(string query, string data)
    {
        await using var server = new ServerUnderTest();
        using var client = await server.SubscribeAsync("/events?topic=a" + query);
        var id = await PublishBinaryAsync(server, "/events/a?event=icon&id=mine&retry=5000");
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo($"id: mine\nevent: icon\nretry: 5000\ndata:{data}"));
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo($"id: {id}"));
        id = await PublishBinaryAsync(server, "/events/a");
        Assert.That((await client.ReadBlockAsync())!.Text, Is.EqualTo($"id: {id}\ndata:{data}"));
    }

    [Test]
    public async Task Text_and_the_streams_of_others_are_as_they_were()
    {
        await using var server = new ServerUnderTest();
        using var dense = await server.SubscribeAsync("/events?topic=a&encoding=base128");
        using var plain = await server.SubscribeAsync("/events?topic=a");
        using var envelope = await server.SubscribeAsync("/events?topic=a&envelope=json");
        await PublishBinaryAsync(server, "/events/a");
        await server.PublishAsync("/events/a?id=mine", "/3//\n~");
        Assert.That((await dense.ReadEventAsync())!.Text, Does.EndWith("\ndata:" + Text));
        Assert.That((await plain.ReadEventAsync())!.Text, Does.EndWith("\ndata:" + Base64));
        Assert.That((await envelope.ReadEventAsync())!.Data, Does.Contain($"\"data\":\"{Base64}\",\"encoding\":\"base64\""));
        Assert.That((await dense.ReadEventAsync())!.Text, Is.EqualTo("id: mine\ndata: /3//\ndata: ~"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Replay_is_dense_also_from_the_store_and_for_a_poll(bool isStored)
    {
        var store = isStored ? new MemoryEventStore() : null;
        await using var server = new ServerUnderTest(hub: HubOptions.Default with { Shards = 1, MaxHistoryBytes = 4096 }, store: store);
        await PublishBinaryAsync(server, "/events/a");
        for (var i = 0; isStored && i < 20; i++) await server.PublishAsync("/events/b", new string('x', 1000));
        using var client = await server.SubscribeAsync("/events?topic=a&since=all&encoding=base128");
        Assert.That((await client.ReadEventAsync())!.Text, Does.EndWith("\ndata:" + Text));
        var poll = await server.SendAsync(
            "GET", "/events?topic=a&since=all&encoding=base128&poll=0s", null, "Accept: text/event-stream");
        Assert.That(poll.Body, Does.Contain($"\ndata:{Text}\n\n"));
    }

    [TestCase("/events?encoding=base85", "base64 or base128")]
    [TestCase("/events?encoding=", "base64 or base128")]
    [TestCase("/events?encoding=base128&encoding=base64", "twice")]
    [TestCase("/events?encoding=base128&envelope=json", "omit encoding=base128")]
    [TestCase("/events?encodings=base128", "encoding=")]
    public async Task Wrong_encoding_is_refused(string target, string sentence)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", target);
        Assert.That(reply.Status, Is.EqualTo(400));
        Assert.That(reply.Problem, Does.Contain(sentence));
    }

    private static async Task<string> PublishBinaryAsync(ServerUnderTest server, string target)
    {
        using var client = await server.ConnectAsync();
        await client.RequestAsync("POST", target, [0xFF, 0x7F, 0xFF], "Content-Type: application/octet-stream");
        return (await client.ReadReplyAsync()).Json.GetProperty("id").GetString()!;
    }
}
