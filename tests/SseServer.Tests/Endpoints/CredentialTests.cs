using SseServer.Endpoints;
using SseServer.Tests.Auth.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>How a request carries its credential; one that is not accepted is never treated as none.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class CredentialTests
{
    private const string Loopback = "Origin: http://localhost:3000";

    public enum Way
    {
        Header,
        Query,
        Cookie,
    }

    [Test]
    public async Task Token_opens_a_protected_topic_in_every_way([Values] Way way)
    {
        await using var server = Guarded.Start();
        var (target, fields) = Carry("/events/secret/alice/inbox", server.Token(), way);
        var reader = await server.SubscribeAsync(target, fields);
        await server.PublishAsync("/events/secret/alice/inbox", "for alice", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("for alice"));
    }

    [Test]
    public async Task Token_publishes_in_every_way([Values] Way way)
    {
        await using var server = Guarded.Start();
        var (target, fields) = Carry("/events/orders/1?event=shipped", server.Token(), way);
        await server.PublishAsync(target, "x", [.. fields, Loopback]);
    }

    [TestCase("application/x-ndjson", "{\"topic\":\"orders/1\",\"data\":\"x\"}")]
    [TestCase("text/event-stream", "data: x\n\n")]
    public async Task Token_in_the_query_goes_with_every_kind_of_body(string type, string body)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("POST", $"/events/orders/1?access_token={server.Token()}", body, "Content-Type: " + type);
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);
    }

    // One server for all tokens; each must be refused for public reading, for publishing and for renewing.
    [Test]
    public async Task Bad_token_is_refused_even_if_none_is_needed([Values] Way way)
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { AllowAnonymousPublish = true });
        using var client = await WireClient.ConnectAsync(server.EndPoint);
        foreach (var (name, _, create) in BadTokens.All)
        {
            var token = create(server.Time.GetUtcNow());
            foreach (var (method, path) in new[] { ("GET", "/events/open"), ("HEAD", "/events/open"), ("POST", "/events/open"),
                ("POST", "/streams/AAAAAAAAAAAAAAAAAAAAAA") })
            {
                var (target, fields) = Carry(path, token, way);
                // A token that does not fit into the request line is refused before it is read.
                if (target.Length > 8000) continue;
                await client.RequestAsync(method, target, method == "POST" ? "x" : null, [.. fields, Loopback]);
                var reply = await client.ReadReplyAsync(isHead: method == "HEAD");
                Assert.That(reply.Status, Is.EqualTo(401), $"{name}, {method} {path}");
                Assert.That(reply["WWW-Authenticate"], Does.StartWith("Bearer error=\"invalid_token\", error_description=\""), name);
                if (method == "HEAD") continue;
                Assert.That(reply.Problem, Is.Not.Empty);
                Assert.That(reply.Body, Does.Not.Contain(token));
            }
        }

        Assert.That(server.Hub.TopicCount, Is.Zero, "nothing was published or read");
    }

    [TestCase("Basic YWxpY2U6c2VjcmV0")]
    [TestCase("Bearer")]
    [TestCase("Bearer ")]
    [TestCase("Bearer\t{token}")]
    [TestCase("Bearer{token}")]
    [TestCase("Bearer \"{token}\"")]
    [TestCase("Bearer {token}, Bearer {token}")]
    [TestCase("Bearer {token} {token}")]
    [TestCase("Token {token}")]
    [TestCase("{token}")]
    [TestCase("")]
    public async Task Authorization_that_is_no_bearer_credential_is_refused(string value)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("GET", "/events/open", null, "Authorization: "
            + value.Replace("{token}", server.Token(), StringComparison.Ordinal));
        Assert.That(reply.Status, Is.EqualTo(401));
    }

    [Test]
    public async Task Several_credentials_are_refused()
    {
        await using var server = Guarded.Start();
        var token = server.Token();
        (string Target, string[] Fields)[] requests =
        [
            ($"/events/open?access_token={token}", [Guarded.Bearer(token)]),
            ($"/events/open?access_token={token}&access_token={token}", []),
            ($"/events/open?access_token={token}&access%5Ftoken={token}", []),
            ("/events/open", [Guarded.Bearer(token), Guarded.Bearer(token)]),
        ];
        foreach (var (target, fields) in requests)
        {
            foreach (var method in new[] { "GET", "POST" })
            {
                var reply = await server.SendAsync(method, target, method == "POST" ? "x" : null, [.. fields, Loopback]);
                Assert.That((reply.Status, reply["WWW-Authenticate"]?[..30]), Is.EqualTo((400, "Bearer error=\"invalid_request\"")));
                Assert.That(reply.Problem, Is.Not.Empty);
            }
        }
    }

    [Test]
    public async Task Cookie_gives_way_to_what_a_client_sends_on_purpose()
    {
        await using var server = Guarded.Start();
        await server.SubscribeAsync("/events/secret/alice/a", Guarded.Bearer(server.Token()), Guarded.Cookie("bad"));
        await server.SubscribeAsync($"/events/secret/alice/a?access_token={server.Token()}", Guarded.Cookie("bad"));
    }

    // A browser sends a cookie twice if it was set for two paths or domains; one may be stale.
    [TestCase(200, "sse-token={token}; sse-token={token}")]
    [TestCase(200, "sse-token=bad; sse-token={token}")]
    [TestCase(200, "sse-token={token}; sse-token=bad")]
    [TestCase(200, "sse-token=; sse-token={token}")]
    [TestCase(200, "sse-token=bad; sse-token={expired}; sse-token={token}")]
    [TestCase(200, "sse-token=bad\r\nCookie: a=b; sse-token={token}")]
    [TestCase(200, "sse-token=1; sse-token=2; sse-token=3; sse-token={token}")]
    [TestCase(401, "sse-token=1; sse-token=2; sse-token=3; sse-token=4; sse-token={token}")]
    [TestCase(401, "sse-token=bad; sse-token=worse")]
    [TestCase(401, "sse-token={expired}; sse-token=bad")]
    public async Task First_valid_one_of_several_cookies_counts(int status, string cookies)
    {
        await using var server = Guarded.Start();
        cookies = cookies.Replace("{token}", server.Token()).Replace("{expired}", server.Token(seconds: -60));
        var reply = await server.SendAsync("HEAD", "/events/secret/alice/a", null, "Cookie: " + cookies);
        Assert.That(reply.Status, Is.EqualTo(status));
        reply = await server.SendAsync("POST", "/events/orders/1", "x", "Cookie: " + cookies, "Sec-Fetch-Site: same-origin");
        Assert.That(reply.Status, Is.EqualTo(status == 200 ? 201 : 401));
    }

    [TestCase("sse-token=")]
    [TestCase("SSE-TOKEN=bad")]
    [TestCase("xsse-token=bad; sse-tokenx=bad")]
    [TestCase("x=sse-token=bad")]
    [TestCase("sse-token")]
    [TestCase(";;; =; sse-token ;=sse-token=bad")]
    public async Task Other_cookies_and_an_empty_one_are_no_credential(string cookie)
    {
        await using var server = Guarded.Start();
        await server.SubscribeAsync("/events/open", "Cookie: " + cookie);
    }

    [Test]
    public async Task Cookie_is_found_among_others_and_has_the_name_that_is_set()
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { TokenCookie = "__Host-sse" });
        await server.SubscribeAsync("/events/secret/alice/a", $"Cookie: a=\"b;c\"; =x;__Host-sse={server.Token()} ; sse-token=bad");
    }

    [Test]
    public async Task Credentials_are_nothing_to_a_server_that_knows_none()
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events?access_token=x&access_token=y", Guarded.Bearer("z"), Guarded.Cookie("c"));
        await server.PublishAsync("/events?access_token=x", "x", Guarded.Bearer("z"));
    }

    [Test]
    public async Task Reply_says_what_is_missing()
    {
        await using var server = Guarded.Start();
        var none = await server.SendAsync("GET", "/events/secret/a");
        Assert.That((none.Status, none["WWW-Authenticate"], none.Problem), Is.EqualTo(
            (401, "Bearer",
                "Reading this needs a key or token; send it in Authorization: Bearer, in access_token=, or in the cookie for it.")));
        var expired = await server.SendAsync("GET", "/events/secret/a", null, Guarded.Bearer(server.Token(seconds: 0)));
        Assert.That((expired.Status, expired["WWW-Authenticate"], expired.Problem), Is.EqualTo(
            (401, "Bearer error=\"invalid_token\", error_description=\"The token has expired; send a fresh one.\"",
                "The token has expired; send a fresh one.")));
        var beyond = await server.SendAsync("GET", "/events/secret/a", null, Guarded.Bearer(server.Token()));
        Assert.That((beyond.Status, beyond["WWW-Authenticate"]![..33]), Is.EqualTo((403, "Bearer error=\"insufficient_scope\"")));
    }

    [Test]
    public async Task What_a_credential_opened_is_not_for_shared_caches()
    {
        await using var server = Guarded.Start();
        Assert.That((await server.SendAsync("HEAD", "/events/open"))["Cache-Control"], Is.EqualTo("no-cache, no-transform"));
        Assert.That((await server.SendAsync("HEAD", "/events/open", null, Guarded.Bearer(server.Token())))["Cache-Control"],
            Is.EqualTo("private, no-cache, no-transform"));
    }

    [Test]
    public async Task Keys_that_cannot_be_had_are_not_the_clients_fault()
    {
        await using var keys = new KeyServer();
        await using var server = new ServerUnderTest(auth: Guarded.Options with
        {
            Jwt = TestTokens.Options with
            {
                Keys = [],
                JwksUrl = keys.Url
            }
        });
        var reply = await server.SendAsync("GET", "/events/open", null, Guarded.Bearer(server.Token()));
        Assert.That((reply.Status, int.Parse(reply["Retry-After"]!) > 0), Is.EqualTo((503, true)));
        var stream = await server.SendAsync("GET", "/events/open", null, Guarded.Bearer(server.Token()), "Accept: text/event-stream");
        Assert.That((stream.Status, stream.Body), Is.EqualTo((200, stream.Body)));
        Assert.That(stream.Body, Does.Match(@"\Aretry: \d+\n\n\z"), "EventSource comes back");
        Assert.That((await server.SendAsync("POST", "/events/orders/1", "x", Guarded.Bearer(server.Token()))).Status, Is.EqualTo(503));
        await server.PublishAsync("/events/orders/1", "x", Guarded.Bearer(Guarded.KeyOfShop));
        server.Logs.Complaints.Clear();
    }

    private static (string Target, string[] Fields) Carry(string target, string credential, Way way) => way switch
    {
        Way.Header => (target, [Guarded.Bearer(credential)]),
        Way.Cookie => (target, [Guarded.Cookie(credential)]),
        _ => ($"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}access_token={Uri.EscapeDataString(credential)}", []),
    };
}
