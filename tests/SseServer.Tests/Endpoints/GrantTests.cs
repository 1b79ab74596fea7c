using System.Text;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// Attempts to go beyond a grant. The grant is <c>orders/*</c> for publishing and <c>secret/alice/**</c> for reading, over <c>secret/**</c>
/// and <c>$sys/**</c>.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class GrantTests
{
    // The path is decoded once: %2F is a slash, %252F is the three characters %2F within a segment.
    [TestCase("/events/orders/42", 201)]
    [TestCase("/events/orders%2F42", 201)]
    [TestCase("/events/%6Frders/42", 201)]
    [TestCase("/events?topic=orders/42", 201)]
    [TestCase("/events?topic=orders%2f42", 201)]
    [TestCase("/events", 403)]
    [TestCase("/events?topic=", 400)]
    [TestCase("/events/orders", 403)]
    [TestCase("/events/orders/42/items", 403)]
    [TestCase("/events/orders%2F42%2Fitems", 403)]
    [TestCase("/events/orders%252F42", 403)]
    [TestCase("/events/orders/..%2Fbilling", 400)]
    [TestCase("/events/orders/../billing", 400)]
    [TestCase("/events/orders/%2E%2E/billing", 400)]
    [TestCase("/events/orders/%252E%252E", 201)]
    [TestCase("/events/orders/.", 400)]
    [TestCase("/events/./orders/42", 400)]
    [TestCase("/events//orders/42", 400)]
    [TestCase("/events/orders//42", 400)]
    [TestCase("/events/orders/42/", 400)]
    [TestCase("/events/orders/*", 400)]
    [TestCase("/events/orders/%2A", 400)]
    [TestCase("/events/Orders/42", 403)]
    [TestCase("/events/ORDERS/42", 403)]
    [TestCase("/events/orders%00/42", 400)]
    [TestCase("/events/orders%E2%80%8B/42", 400)] // zero-width space
    [TestCase("/events/orders%EF%BC%8F42", 403)] // fullwidth slash
    [TestCase("/events/%EF%BD%8Frders/42", 403)] // fullwidth o
    [TestCase("/events/%D0%BErders/42", 403)] // Cyrillic o
    [TestCase("/events/orders%C0%AF42", 400)] // a slash in two bytes, which is no UTF-8
    [TestCase("/events/$sys/orders", 400)]
    [TestCase("/events/orders+x/42", 403)]
    [TestCase("/events/orders/42?topic=billing", 400)]
    [TestCase("/events?topic=orders/42&topic=billing", 400)]
    [TestCase("/events?topic=billing", 403)]
    public async Task Publish_goes_by_the_topic_that_is_published_to(string target, int status)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("POST", target, "x", Guarded.Bearer(server.Token()));
        Assert.That(reply.Status, Is.EqualTo(status), reply.Body);
        if (status != 201) Assert.That(reply.Problem, Is.Not.Empty);
        if (status == 403) Assert.That(reply["WWW-Authenticate"], Does.StartWith("Bearer error=\"insufficient_scope\""));
        Assert.That(server.Hub.TopicCount, Is.EqualTo(status == 201 ? 1 : 0));
    }

    [TestCase("/events/secret/alice/inbox", 200)]
    [TestCase("/events/secret%2Falice%2Finbox", 200)]
    [TestCase("/events/secret/alice/*", 200)]
    [TestCase("/events/secret/alice/**", 200)]
    [TestCase("/events/secret/alice/*/a", 200)]
    [TestCase("/events/open", 200)]
    [TestCase("/events?topic=open&topic=secret/alice/a", 200)]
    [TestCase("/events/*", 200)]
    [TestCase("/events/secret", 200)]
    [TestCase("/events/secret/alice", 403)]
    [TestCase("/events/secret/bob/inbox", 403)]
    [TestCase("/events/secret/*", 403)]
    [TestCase("/events/secret/**", 403)]
    [TestCase("/events/secret/*/inbox", 403)]
    [TestCase("/events/*/alice/inbox", 403)]
    [TestCase("/events/*/*", 403)]
    [TestCase("/events/**", 403)]
    [TestCase("/events?topic=open&topic=secret/bob", 403)]
    [TestCase("/events/secret/alice/inbox?topic=secret/bob", 403)]
    [TestCase("/events/secret/Alice/inbox", 403)]
    [TestCase("/events/secret/alice%252Finbox", 403)]
    [TestCase("/events/secret/alice/../bob", 400)]
    [TestCase("/events/secret/alice/%2e%2e/bob", 400)]
    [TestCase("/events/$sys/state", 403)]
    [TestCase("/events/$sys/*", 403)]
    [TestCase("/events/%24sys/state", 403)]
    public async Task Subscription_goes_by_the_topics_and_patterns_that_are_asked_for(string target, int status)
    {
        await using var server = Guarded.Start();
        foreach (var method in new[] { "HEAD", "GET" })
        {
            if (method == "GET" && status == 200)
            {
                await server.SubscribeAsync(target, Guarded.Bearer(server.Token()));
                continue;
            }

            var reply = await server.SendAsync(method, target, null, Guarded.Bearer(server.Token()));
            Assert.That(reply.Status, Is.EqualTo(status), method);
        }
    }

    // Names are compared byte by byte: é in one code point and in two are two topics, each as protected and as granted as it is written.
    [Test]
    public async Task Composed_and_decomposed_letters_are_two_topics()
    {
        const string Composed = "caf\u00e9";
        const string Decomposed = "cafe\u0301";
        await using var server = Guarded.Start();
        var token = server.Token(grant: $$"""{"publish":["{{Composed}}"],"subscribe":["secret/{{Composed}}"]}""");
        await server.PublishAsync("/events/" + Uri.EscapeDataString(Composed), "x", Guarded.Bearer(token));
        await server.SubscribeAsync("/events/secret/" + Uri.EscapeDataString(Composed), Guarded.Bearer(token));
        Assert.That((await server.SendAsync("POST", "/events/" + Uri.EscapeDataString(Decomposed), "x", Guarded.Bearer(token))).Status,
            Is.EqualTo(403));
        Assert.That((await server.SendAsync("GET", "/events/secret/" + Uri.EscapeDataString(Decomposed), null, Guarded.Bearer(token)))
            .Status, Is.EqualTo(403));
    }

    [TestCase("/events", 2)]
    [TestCase("/events/orders/1", 2)]
    public async Task Batch_with_a_line_beyond_the_grant_is_refused_as_a_whole(string target, int line)
    {
        await using var server = Guarded.Start();
        const string Lines =
            "{\"topic\":\"orders/1\",\"data\":\"a\"}\n{\"topic\":\"billing\",\"data\":\"b\"}\n{\"topic\":\"orders/2\",\"data\":\"c\"}\n";
        var reply = await server.SendAsync("POST", target, Lines, Guarded.Bearer(server.Token()), "Content-Type: application/x-ndjson");
        Assert.That((reply.Status, reply.Json.GetProperty("line").GetInt32()), Is.EqualTo((403, line)));
        Assert.That(reply.Problem,
            Is.EqualTo("Line 2: This key or token is not allowed to publish to that topic; publish to a topic that it grants."));
        Assert.That(server.Hub.TopicCount, Is.Zero);
    }

    [Test]
    public async Task Line_of_a_batch_without_a_topic_goes_by_the_urls()
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("POST", "/events/billing", "{\"data\":\"a\"}", Guarded.Bearer(server.Token()),
            "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(403));
    }

    [TestCase("{\"topic\":\"orders\\u002f42\",\"data\":1}", 201)]
    [TestCase("{\"topic\":\"orders%2F42\",\"data\":1}", 403)]
    [TestCase("{\"topic\":\"orders/../billing\",\"data\":1}", 400)]
    [TestCase("{\"topic\":\"orders/1\",\"topic\":\"billing\",\"data\":1}", 400)]
    [TestCase("{\"data\":1,\"topic\":\"billing\"}", 403)]
    public async Task Line_of_a_batch_goes_by_the_name_it_stands_for(string text, int status)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("POST", "/events/orders/1", text, Guarded.Bearer(server.Token()),
            "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(status), reply.Body);
    }

    [Test]
    public async Task Stream_of_events_to_a_topic_beyond_the_grant_is_refused_before_its_body()
    {
        await using var server = Guarded.Start();
        var client = await server.ConnectAsync();
        await client.RequestAsync("POST", "/events/billing", (string?)null, Guarded.Bearer(server.Token()),
            "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task Stream_of_events_ends_with_its_token()
    {
        await using var server = Guarded.Start();
        var client = await server.ConnectAsync();
        await client.RequestAsync("POST", "/events/orders/1", (string?)null, Guarded.Bearer(server.Token(seconds: 10)),
            "Content-Type: text/event-stream", "Transfer-Encoding: chunked");
        await client.SendChunkAsync("data: in time\n\n");
        await Eventually.HoldsAsync(() => server.Hub.TopicCount == 1, "the first event");
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await client.SendChunkAsync("data: too late\n\n");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Json.TryGetProperty("lastId", out _)), Is.EqualTo((401, true)));
        var reader = await server.SubscribeAsync("/events/orders/1?since=all");
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("in time"));
    }

    [Test]
    public async Task Credential_without_topics_to_publish_to_is_refused_before_its_body()
    {
        await using var server = Guarded.Start();
        var client = await server.ConnectAsync();
        await client.RequestAsync("POST", "/events", (string?)null, Guarded.Bearer(server.Token(grant: "{}")),
            "Content-Type: application/x-ndjson", "Content-Length: 100000");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task Where_anyone_may_publish_a_credential_takes_nothing_away()
    {
        await using var server = Guarded.Start(SseServer.Endpoints.EndpointOptions.Default with { AllowAnonymousPublish = true });
        await server.PublishAsync("/events/billing", "x", Guarded.Bearer(server.Token()));
        await server.PublishAsync("/events/billing", "x");
    }

    [Test]
    public async Task If_tokens_are_configured_publishing_needs_one()
    {
        await using var server = Guarded.Start();
        Assert.That((await server.SendAsync("POST", "/events/orders/1", "x")).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task Static_key_has_its_own_rights()
    {
        await using var server = Guarded.Start();
        await server.PublishAsync("/events/orders/1", "x", Guarded.Bearer(Guarded.KeyOfShop));
        Assert.That((await server.SendAsync("POST", "/events/billing", "x", Guarded.Bearer(Guarded.KeyOfShop))).Status, Is.EqualTo(403));
        await server.SubscribeAsync("/events/secret/shop/**", Guarded.Bearer(Guarded.KeyOfShop));
        Assert.That((await server.SendAsync("GET", "/events/secret/alice/a", null, Guarded.Bearer(Guarded.KeyOfShop))).Status,
            Is.EqualTo(403));
        await server.SubscribeAsync("/events/$sys/**", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That((await server.SendAsync("POST", "/events/$sys/a", "x", Guarded.Bearer(Guarded.KeyOfOps))).Status, Is.EqualTo(400),
            "the server's own");
    }

    [Test]
    public async Task Refusal_repeats_nothing_of_the_request()
    {
        await using var server = Guarded.Start();
        foreach (var target in new[] { "/events/secret/zebra%3Cscript%3E", "/events/secret/zebra/../x", "/zebra", "/streams/zebra",
            "/events/x?since=zebra&access_token=zebra" })
        {
            foreach (var method in new[] { "GET", "POST", "ZEBRA" })
            {
                var reply = await server.SendAsync(method, target, method == "GET" ? null : "zebra", "X-Zebra: zebra",
                    "Cookie: sse-token=zebra");
                Assert.That(Encoding.UTF8.GetByteCount(reply.Head + reply.Body), Is.GreaterThan(0));
                Assert.That((reply.Head + reply.Body).Contains("zebra", StringComparison.OrdinalIgnoreCase), Is.False,
                    $"{method} {target}: {reply.Body}");
                Assert.That(reply["X-Content-Type-Options"], Is.EqualTo("nosniff"));
            }
        }
    }
}
