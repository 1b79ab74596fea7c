using System.Net;
using SseServer.Endpoints;
using SseServer.Transport;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// Pages at loopback origins belong to the visitor. A server on the visitor's machine trusts them like its programs; a server behind a
/// proxy treats them like any other page.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class LoopbackOriginTests
{
    public enum Credential
    {
        None,
        Cookie,
        Header,
    }

    private static readonly string[] LoopbackOrigins =
        ["http://localhost:3000", "https://localhost", "http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:3000",
            "http://app.localhost"];

    private static readonly string[] LoopbackHosts = ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "app.localhost"];

    private static readonly string[] ProxyFields =
        ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Host: app.example", "X-Real-IP: 192.0.2.1", "Via: 1.1 proxy",
            "Forwarded: for=192.0.2.1"];

    private static readonly (string Method, string Target)[] Changes =
        [("POST", "/events/orders/1"), ("DELETE", "/events/orders/2"), ("POST", "/streams/AAAAAAAAAAAAAAAAAAAAAA"),
            ("POST", "/admin/shed?percent=1")];

    [Test]
    public async Task Page_at_a_loopback_origin_counts_on_a_direct_request_to_a_loopback_name_only([Values] Credential credential,
        [Values] bool isLoopbackOnly)
    {
        var options = EndpointOptions.Default with
        {
            IsLoopbackOnly = isLoopbackOnly,
            AllowedHosts = ["app.example"],
            AllowedOrigins = ["https://app.example"],
            AllowCredentials = true
        };
        await using var server = Guarded.Start(options);
        using var client = await WireClient.ConnectAsync(server.EndPoint);
        foreach (var origin in LoopbackOrigins.Append("https://app.example"))
            foreach (var host in LoopbackHosts.Append("app.example"))
                foreach (var proxy in ProxyFields.Prepend(null))
                {
                    var isListed = origin == "https://app.example";
                    var isDirect = proxy is null && host != "app.example";
                    var isOwn = isListed || (isDirect && (isLoopbackOnly || credential != Credential.Cookie));
                    await AskAsync(client, server, origin, host, proxy, credential, isOwn);
                }
    }

    private static async Task AskAsync(WireClient client, ServerUnderTest server, string origin, string host, string? proxy,
        Credential credential, bool isOwn)
    {
        List<string> fields = ["Origin: " + origin, "Host: " + host];
        if (proxy is not null) fields.Add(proxy);
        if (credential == Credential.Cookie) fields.Add(Guarded.Cookie(Guarded.KeyOfOps));
        if (credential == Credential.Header) fields.Add(Guarded.Bearer(Guarded.KeyOfOps));
        foreach (var (method, target) in Changes)
        {
            var published = server.Hub.Head;
            await client.RequestAsync(method, target, method == "POST" ? "x" : null, [.. fields]);
            var reply = await client.ReadReplyAsync();
            var what = $"{method} {target} with {string.Join(" | ", fields)}: {reply.Body}";
            if (isOwn && credential != Credential.None) Assert.That(reply.Status, Is.AnyOf(200, 201, 202, 404, 409), what);
            else if (isOwn) Assert.That(reply.Status, Is.EqualTo(401), what);
            else Assert.That(reply.Status, Is.EqualTo(403), what);
            if (!isOwn) Assert.That(reply.Problem, Does.Contain("Cors:AllowedOrigins"), what);
            if (!isOwn) Assert.That(server.Hub.Head, Is.EqualTo(published), "nothing was published");
        }
    }

    // Behind a standard proxy Host is a loopback name and nothing shows where the request came from, but the browser says how the page
    // relates to the name that it asked for.
    [TestCase("cross-site", 403)]
    [TestCase("none", 403)]
    [TestCase("same-site", 201)]
    [TestCase("same-origin", 201)]
    [TestCase(null, 201)]
    public async Task Cookie_counts_for_a_loopback_origin_unless_the_page_is_of_another_site(string? site, int status)
    {
        await using var server = Guarded.Start();
        string[] fields = [Guarded.Cookie(Guarded.KeyOfOps), "Origin: http://localhost:3000", .. site is null ? Array.Empty<string>()
            : ["Sec-Fetch-Site: " + site]];
        Assert.That((await server.SendAsync("POST", "/events/orders/1", "x", fields)).Status, Is.EqualTo(status));
    }

    // An address that is listed as a proxy is one, whatever fields it adds.
    [Test]
    public async Task Connection_of_a_trusted_proxy_came_through_a_proxy()
    {
        var transport = new TransportOptions { Proxies = new ProxyOptions { Trusted = [IPNetwork.Parse("127.0.0.0/8")] } };
        await using var guarded = new ServerUnderTest(transport: transport, auth: Guarded.Options);
        Assert.That((await guarded.SendAsync("POST", "/events/orders/1", "x", "Origin: http://localhost:3000",
            Guarded.Cookie(Guarded.KeyOfOps))).Status, Is.EqualTo(403));
        await using var bare = new ServerUnderTest(transport: transport);
        var reply = await bare.SendAsync("POST", "/events", "x");
        Assert.That((reply.Status, reply.Problem), Is.EqualTo(
            (403, "Publishing without a key is not allowed through a proxy or over HTTP/1.0; set Auth:PublishKeys, or "
                + "Auth:AllowAnonymousPublish=true.")));
    }

    [Test]
    public async Task Page_at_a_loopback_origin_that_is_listed_counts_everywhere()
    {
        var options = EndpointOptions.Default with
        {
            IsLoopbackOnly = false,
            AllowedOrigins = ["http://localhost:3000"],
            AllowCredentials = true
        };
        await using var server = Guarded.Start(options);
        await server.PublishAsync("/events/orders/1", "x", Guarded.Cookie(Guarded.KeyOfOps), "Origin: http://localhost:3000",
            "Host: app.example", "Via: 1.1 proxy");
        Assert.That((await server.SendAsync("POST", "/events/orders/1", "x", Guarded.Cookie(Guarded.KeyOfOps),
            "Origin: http://localhost:3001", "Host: app.example")).Status, Is.EqualTo(403));
    }
}
