using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// A temporary end has no last chunk: clients that take a complete answer for the end of everything come back (docs/clients.md). An end for
/// good has it.
/// </summary>
public sealed class TemporaryEndTests
{
    private const string Missing = "The stream ended without its last chunk.";
    private const string Secret = "/events/secret/alice/inbox";

    [Test]
    public async Task Drain_ends_a_stream_without_its_last_chunk_and_by_FIN()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.SubscribeAsync("/events");
        await server.PublishAsync("/events", "last words");
        var stop = server.StopAsync(TimeSpan.FromSeconds(5));
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("last words"));
        await EndsTruncatedAsync(client);
        client.Dispose();
        await stop;
    }

    [Test]
    public async Task Drain_over_TLS_ends_a_stream_without_its_last_chunk_and_with_close_notify()
    {
        await using var server = new ServerUnderTest(truncates: true, tls: true);
        var client = await server.SubscribeAsync("/events");
        var stop = server.StopAsync(TimeSpan.FromSeconds(5));
        await EndsTruncatedAsync(client);
        client.Dispose();
        await stop;
    }

    [Test]
    public async Task Shed_ends_a_stream_without_its_last_chunk()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.SubscribeAsync("/events");
        Assert.That((await server.SendAsync("POST", "/admin/shed?percent=100&over=0s", "")).Status, Is.EqualTo(202));
        await EndsTruncatedAsync(client);
    }

    [Test]
    public async Task Token_that_expires_ends_its_stream_without_its_last_chunk()
    {
        await using var server = new ServerUnderTest(auth: Guarded.Options, truncates: true);
        var client = await server.SubscribeAsync(Secret, Guarded.Bearer(server.Token(seconds: 10)));
        Assert.That((await client.ReadEventAsync())!.Name, Is.EqualTo("auth-expiring"));
        // Before a heartbeat is due.
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await server.HasStreamsAsync(0);
        await EndsTruncatedAsync(client);
    }

    [Test]
    public async Task Refusal_for_now_is_a_stream_without_its_last_chunk()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.ConnectAsync();
        await client.RequestAsync("GET", "/healthz");
        await client.ReadReplyAsync();
        server.Application.BeginDrain();
        server.Hub.Shedder.BeginDrain(TimeSpan.Zero);
        await client.RequestAsync("GET", "/events", body: (string?)null, "Accept: text/event-stream");
        var head = await client.ReadHeadAsync();
        Assert.That((head.Status, head["Content-Type"], head["Connection"]), Is.EqualTo((200, "text/event-stream; charset=utf-8",
            "close")));
        await EndsTruncatedAsync(client);
    }

    [Test]
    public async Task Topic_that_ends_has_a_complete_answer_and_keeps_its_connection()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.SubscribeAsync("/events/job");
        await server.PublishAsync("/events/job?final=1", "done");
        Assert.That((await client.ReadEventAsync())!.Data, Is.EqualTo("done"));
        Assert.That(await client.ReadEventAsync(), Is.Null, "the last chunk");
        await client.RequestAsync("GET", "/healthz");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Half_closed_client_that_has_got_everything_has_a_complete_answer()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.SubscribeAsync("/events");
        client.Finish();
        Assert.That(await client.ReadBlockAsync(), Is.Null, "the last chunk");
    }

    [Test]
    public async Task Http_1_0_has_no_other_end_than_that_of_the_connection()
    {
        await using var server = new ServerUnderTest(truncates: true);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /events HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadBlockAsync();
        await server.SendAsync("POST", "/admin/shed?percent=100&over=0s", "");
        Assert.That(await client.ReadBodyAsync(), Does.Match(@"^retry: \d+\n\n$"));
    }

    [Test]
    public void Truncating_is_the_default() => Assert.That(EndpointOptions.Default.TruncatesTemporaryEnd);

    private static async Task EndsTruncatedAsync(WireClient client)
    {
        Assert.That((await client.ReadBlockAsync())!.Text, Does.Match(@"^retry: \d+$"));
        Assert.That(() => client.ReadBlockAsync().Soon(), Throws.InstanceOf<IOException>().With.Message.EqualTo(Missing));
        Assert.That(await client.EndsAsync(), "FIN, not RST");
    }
}
