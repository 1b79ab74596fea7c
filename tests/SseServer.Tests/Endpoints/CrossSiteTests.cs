using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>Pages of other sites can do nothing with a visitor's cookie, which the browser adds by itself.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class CrossSiteTests
{
    private static readonly EndpointOptions Public = EndpointOptions.Default with
    {
        IsLoopbackOnly = false,
        AllowedOrigins = ["https://app.example"],
        AllowCredentials = true,
    };

    // A form or a fetch of one of these types is sent without a preflight (Fetch standard, CORS-safelisted request-header).
    [Test]
    public async Task Form_of_another_site_publishes_nothing(
        [Values("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")] string type,
        [Values("https://evil.example", "null", "https://app.example.evil.example", "http://app.example", "https://app.example:8443",
            "https://evil.app.example")] string origin)
    {
        await using var server = Guarded.Start(Public);
        var reply = await server.SendAsync("POST", "/events/orders/1", "x=y", Guarded.Cookie(server.Token()), "Origin: " + origin,
            "Content-Type: " + type, "Sec-Fetch-Site: cross-site");
        Assert.That((reply.Status, reply["Access-Control-Allow-Origin"]), Is.EqualTo((403, (string?)null)));
        Assert.That(server.Hub.TopicCount, Is.Zero);
    }

    // A cookie is sent automatically, so the page must be known: a request without Origin may be anyone's.
    [TestCase(null, null, 403)]
    [TestCase(null, "none", 403)]
    [TestCase(null, "same-site", 403)]
    [TestCase(null, "cross-site", 403)]
    [TestCase(null, "same-origin", 201)]
    [TestCase("https://app.example", null, 201)]
    [TestCase("https://app.example", "same-site", 201)]
    [TestCase("http://localhost:3000", "cross-site", 403)]
    public async Task Cookie_publishes_from_a_page_that_is_known(string? origin, string? site, int status)
    {
        await using var server = Guarded.Start(Public);
        var fields = new List<string> { Guarded.Cookie(server.Token()) };
        if (origin is not null) fields.Add("Origin: " + origin);
        if (site is not null) fields.Add("Sec-Fetch-Site: " + site);
        var reply = await server.SendAsync("POST", "/events/orders/1", "x", [.. fields]);
        Assert.That(reply.Status, Is.EqualTo(status), reply.Body);
        if (status == 403) Assert.That(reply.Problem, Does.Contain("Cors:AllowedOrigins"));
    }

    [Test]
    public async Task Server_on_loopback_takes_cookies_from_pages_there()
    {
        await using var server = Guarded.Start();
        await server.PublishAsync("/events/orders/1", "x", Guarded.Cookie(server.Token()), "Origin: http://localhost:3000");
    }

    [Test]
    public async Task Header_needs_no_origin_since_no_browser_adds_it()
    {
        await using var server = Guarded.Start(Public);
        await server.PublishAsync("/events/orders/1", "x", Guarded.Bearer(server.Token()));
    }

    // A page whose name was rebound to this machine has no cookie; if it has a key, it is refused by its host name.
    [Test]
    public async Task Page_on_a_rebound_name_reaches_nothing()
    {
        await using var server = Guarded.Start();
        foreach (var (method, target) in new[] { ("GET", "/events/open"), ("POST", "/events/orders/1"),
            ("POST", "/streams/AAAAAAAAAAAAAAAAAAAAAA"), ("OPTIONS", "/streams/x") })
        {
            var reply = await server.SendAsync(method, target, method == "POST" ? "x" : null, "Host: rebound.example",
                "Origin: http://rebound.example", Guarded.Bearer(server.Token()));
            Assert.That(reply.Status, Is.EqualTo(421), $"{method} {target}");
        }
    }

    [Test]
    public async Task Stream_with_a_cookie_is_shown_to_a_listed_page_alone()
    {
        await using var server = Guarded.Start(Public);
        foreach (var (origin, allowed) in new[] { ("https://app.example", true), ("https://evil.example", false), ("null", false),
            ("http://localhost:3000", false) })
        {
            var reply = await server.SendAsync("HEAD", "/events/secret/alice/a", null, Guarded.Cookie(server.Token()), "Origin: " + origin);
            Assert.That((reply.Status, reply["Vary"]), Is.EqualTo((200, "Origin")));
            Assert.That((reply["Access-Control-Allow-Origin"], reply["Access-Control-Allow-Credentials"]),
                Is.EqualTo(allowed ? (origin, "true") : ((string?)null, (string?)null)), origin);
        }
    }

    // Fetch standard: with credentials, * allows nothing, and the server does not send it.
    [Test]
    public async Task Credentials_never_go_with_any_origin()
    {
        await using var server = Guarded.Start(EndpointOptions.Default with
        {
            AllowedOrigins = ["*", "https://app.example"],
            AllowCredentials = true
        });
        foreach (var origin in new[] { "https://evil.example", "null", "*" })
        {
            var reply = await server.SendAsync("HEAD", "/events/open", null, "Origin: " + origin);
            Assert.That((reply["Access-Control-Allow-Origin"], reply["Access-Control-Allow-Credentials"]),
                Is.EqualTo(((string?)null, (string?)null)));
        }
    }

    [Test]
    public async Task Page_has_a_policy_that_runs_its_own_script_alone()
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("GET", "/?topic=<script>alert(1)</script>&access_token=zebra");
        Assert.That(reply["Content-Security-Policy"], Does.Match(
            "^default-src 'none'; connect-src 'self'; img-src data:; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'$"));
        Assert.That((reply["X-Content-Type-Options"], reply["Referrer-Policy"]), Is.EqualTo(("nosniff", "no-referrer")));
        Assert.That(reply.Body, Does.Not.Contain("alert(1)").And.Not.Contain("zebra"));
    }
}
