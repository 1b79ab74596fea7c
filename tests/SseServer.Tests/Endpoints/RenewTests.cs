using System.Globalization;
using System.Text.Json;
using SseServer.Auth;
using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>Streams end when their token expires, announce that in advance, and continue with a fresh token.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class RenewTests
{
    private const string Inbox = "/events/secret/alice/inbox";

    [Test]
    public async Task Stream_is_told_a_minute_before_its_token_expires_and_ends_with_it()
    {
        await using var server = Guarded.Start();
        var token = server.Token(seconds: 300);
        var expires = ExpiryOf(server, 300);
        var reader = await server.SubscribeAsync(Inbox, Guarded.Bearer(token));

        server.Time.Advance(TimeSpan.FromSeconds(240));
        var notice = await ReadNoticeAsync(reader);
        Assert.That(notice.GetProperty("expires").GetString(),
            Is.EqualTo(expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)));
        Assert.That(notice.GetProperty("stream").GetString(), Does.Match("^[A-Za-z0-9_-]{22}$"));

        await server.PublishAsync(Inbox, "still", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("still"));
        server.Time.Advance(TimeSpan.FromSeconds(60));
        await server.HasStreamsAsync(0);
        var last = await reader.ReadEventAsync();
        Assert.That(last, Is.Null, "a clean end");

        var again = await server.SendAsync("GET", Inbox, null, Guarded.Bearer(token), "Accept: text/event-stream", "Last-Event-ID: "
            + reader.LastEventId);
        Assert.That((again.Status, again.Problem), Is.EqualTo((401, AuthFailures.Explain(AuthFailure.Expired))), "EventSource stops");
    }

    [Test]
    public async Task Open_topic_read_with_a_token_ends_with_it_too()
    {
        await using var server = Guarded.Start();
        var reader = await server.SubscribeAsync("/events/open", Guarded.Bearer(server.Token(seconds: 30)));
        await ReadNoticeAsync(reader);
        server.Time.Advance(TimeSpan.FromSeconds(30));
        await server.HasStreamsAsync(0);
        Assert.That(await reader.ReadEventAsync(), Is.Null);
    }

    [Test]
    public async Task Static_key_and_no_key_have_no_end()
    {
        await using var server = Guarded.Start();
        var keyed = await server.SubscribeAsync("/events/open", Guarded.Bearer(Guarded.KeyOfOps));
        var anonymous = await server.SubscribeAsync("/events/open");
        server.Time.Advance(TimeSpan.FromDays(1));
        await server.PublishAsync("/events/open", "x", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That((await keyed.ReadEventAsync())!.Data, Is.EqualTo("x"));
        Assert.That((await anonymous.ReadEventAsync())!.Data, Is.EqualTo("x"));
    }

    [Test]
    public async Task Fresh_token_lets_the_stream_live_on_until_that_one_expires()
    {
        await using var server = Guarded.Start();
        var (reader, handle) = await OpenAsync(server, seconds: 60);

        server.Time.Advance(TimeSpan.FromSeconds(50));
        var reply = await server.SendAsync("POST", "/streams/" + handle, null, Guarded.Bearer(server.Token(seconds: 300)));
        Assert.That((reply.Status, reply["Content-Type"], reply["Cache-Control"]), Is.EqualTo((200, "application/json", "no-store")));
        Assert.That(reply.Json.GetProperty("stream").GetString(), Is.EqualTo(handle));
        Assert.That(reply.Json.GetProperty("expires").GetDateTimeOffset(), Is.EqualTo(ExpiryOf(server, 300)));

        server.Time.Advance(TimeSpan.FromSeconds(200));
        await server.PublishAsync(Inbox, "past the first token", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("past the first token"));
        server.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.That((await ReadNoticeAsync(reader)).GetProperty("stream").GetString(), Is.EqualTo(handle));
        server.Time.Advance(TimeSpan.FromSeconds(50));
        await server.HasStreamsAsync(0);
        Assert.That(await reader.ReadEventAsync(), Is.Null);
    }

    [TestCase("access_token")]
    [TestCase("cookie")]
    public async Task Fresh_token_comes_in_any_way(string way)
    {
        await using var server = Guarded.Start();
        var (_, handle) = await OpenAsync(server, seconds: 60);
        var token = server.Token(seconds: 100);
        var reply = way == "cookie"
            ? await server.SendAsync("POST", "/streams/" + handle, "", Guarded.Cookie(token), "Origin: http://127.0.0.1:8080")
            : await server.SendAsync("POST", $"/streams/{handle}?access_token={token}");
        Assert.That(reply.Status, Is.EqualTo(200), reply.Body);
    }

    // None of these changes the stream: it ends with its first token.
    [TestCase("other subject", 403)]
    [TestCase("lesser grant", 403)]
    [TestCase("grant for one of two topics", 403)]
    [TestCase("static key", 403)]
    [TestCase("expired", 401)]
    [TestCase("badly signed", 401)]
    [TestCase("none", 401)]
    [TestCase("cookie from an unknown page", 403)]
    [TestCase("cookie from nowhere", 403)]
    public async Task Renewal_is_refused(string how, int status)
    {
        await using var server = Guarded.Start();
        var reader = await server.SubscribeAsync(Inbox + "?topic=secret/alice/other", Guarded.Bearer(server.Token(seconds: 60)));
        var handle = (await ReadNoticeAsync(reader)).GetProperty("stream").GetString();
        string[] fields = how switch
        {
            "other subject" => [Guarded.Bearer(server.Token("bob"))],
            "lesser grant" => [Guarded.Bearer(server.Token(grant: """{"publish":["**"],"subscribe":[],"admin":true}"""))],
            "grant for one of two topics" => [Guarded.Bearer(server.Token(grant: """{"subscribe":["secret/alice/inbox"]}"""))],
            "static key" => [Guarded.Bearer(Guarded.KeyOfOps)],
            "expired" => [Guarded.Bearer(server.Token(seconds: 0))],
            "badly signed" => [Guarded.Bearer(server.Token()[..^4] + "AAAA")],
            "cookie from an unknown page" => [Guarded.Cookie(server.Token()), "Origin: https://evil.example"],
            "cookie from nowhere" => [Guarded.Cookie(server.Token())],
            _ => [],
        };

        var reply = await server.SendAsync("POST", "/streams/" + handle, null, fields);
        Assert.That((reply.Status, reply.Problem.Length > 0), Is.EqualTo((status, true)));

        server.Time.Advance(TimeSpan.FromSeconds(60));
        await server.HasStreamsAsync(0);
        Assert.That(await reader.ReadEventAsync(), Is.Null);
    }

    [TestCase("/streams/")]
    [TestCase("/streams/AAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("/streams/AAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("/streams/AAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("/streams/AAAAAAAAAAAAAAAAAAAAA%20")]
    [TestCase("/streams/AAAAAAAAAAAAAAAAAAAAA=")]
    [TestCase("/streams/../events")]
    [TestCase("/streams/a/b")]
    public async Task Handle_that_names_no_stream_is_not_found(string target)
    {
        await using var server = Guarded.Start();
        await OpenAsync(server, seconds: 60);
        var reply = await server.SendAsync("POST", target, null, Guarded.Bearer(server.Token()));
        Assert.That((reply.Status, reply.Problem),
            Is.EqualTo((404, "There is no such stream, or it has ended; open a new stream with the fresh token.")));
    }

    [Test]
    public async Task Stream_that_has_ended_is_not_found()
    {
        await using var server = Guarded.Start();
        var (reader, handle) = await OpenAsync(server, seconds: 60);
        reader.Dispose();
        await server.HasStreamsAsync(0);
        Assert.That((await server.SendAsync("POST", "/streams/" + handle, null, Guarded.Bearer(server.Token()))).Status, Is.EqualTo(404));
    }

    [TestCase("GET")]
    [TestCase("DELETE")]
    [TestCase("HEAD")]
    public async Task Other_methods_are_refused(string method)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync(method, "/streams/AAAAAAAAAAAAAAAAAAAAAA");
        Assert.That((reply.Status, reply["Allow"]), Is.EqualTo((405, "POST, OPTIONS")));
    }

    [Test]
    public async Task Page_of_a_listed_origin_may_ask_first()
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { AllowedOrigins = ["https://app.example"] });
        var reply = await server.SendAsync(
            "OPTIONS", "/streams/AAAAAAAAAAAAAAAAAAAAAA", null, "Origin: https://app.example", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: authorization");
        Assert.That((reply.Status, reply["Access-Control-Allow-Origin"]), Is.EqualTo((204, "https://app.example")));
        Assert.That(reply["Access-Control-Allow-Headers"], Does.Contain("Authorization"));
        Assert.That(reply["Access-Control-Allow-Methods"], Does.Contain("POST"));
    }

    [Test]
    public async Task Handle_is_another_one_for_every_stream()
    {
        await using var server = Guarded.Start();
        var handles = new HashSet<string>();
        for (var i = 0; i < 10; i++) handles.Add((await OpenAsync(server, seconds: 60)).Handle);
        Assert.That(handles, Has.Count.EqualTo(10));
    }

    private static async Task<(WireClient Reader, string Handle)> OpenAsync(ServerUnderTest server, int seconds)
    {
        var reader = await server.SubscribeAsync(Inbox, Guarded.Bearer(server.Token(seconds: seconds)));
        return (reader, (await ReadNoticeAsync(reader)).GetProperty("stream").GetString()!);
    }

    private static async Task<JsonElement> ReadNoticeAsync(WireClient reader)
    {
        // Comments are heartbeats.
        var block = await reader.ReadEventAsync();
        Assert.That((block!.Name, block.Id), Is.EqualTo(("auth-expiring", (string?)null)));
        return JsonDocument.Parse(block.Data!).RootElement;
    }

    private static DateTimeOffset ExpiryOf(ServerUnderTest server, int seconds)
        => DateTimeOffset.FromUnixTimeSeconds(server.Time.GetUtcNow().ToUnixTimeSeconds() + seconds);
}
