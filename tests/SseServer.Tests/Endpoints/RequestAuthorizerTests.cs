using System.Net;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Transport;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Endpoints;

/// <summary>Who may do what, by where a request seems to come from and by its key.</summary>
public sealed class RequestAuthorizerTests
{
    private static readonly EndpointOptions Public = EndpointOptions.Default with { IsLoopbackOnly = false };

    private static readonly AuthOptions Keyed = AuthOptions.Default with
    {
        Keys =
        [
            new StaticKey { Name = "shop", Secret = "first-key", Publish = TopicPatterns.Everything },
            new StaticKey { Name = "billing", Secret = "schlüssel", Publish = TopicPatterns.Everything },
        ],
    };

    // DNS rebinding: the page's own name, made to point to this machine, is the Host of its requests.
    [TestCase("localhost", 200)]
    [TestCase("LOCALHOST:8080", 200)]
    [TestCase("localhost.", 200)]
    [TestCase("app.localhost:1", 200)]
    [TestCase("127.0.0.1", 200)]
    [TestCase("127.0.0.1:65535", 200)]
    [TestCase("127.8.9.10", 200)]
    [TestCase("[::1]", 200)]
    [TestCase("[::1]:80", 200)]
    [TestCase("listed.example", 200)]
    [TestCase("Listed.Example:8080", 200)]
    [TestCase("rebound.example", 421)]
    [TestCase("localhost.rebound.example", 421)]
    [TestCase("notlocalhost", 421)]
    [TestCase("127.0.0.1.rebound.example", 421)]
    [TestCase("192.168.1.1", 421)]
    [TestCase("0.0.0.0", 421)]
    [TestCase("[2001:db8::1]", 421)]
    [TestCase("127.1", 421)]
    [TestCase("0x7f.1", 421)]
    [TestCase("2130706433", 421)]
    [TestCase("sub.listed.example", 421)]
    [TestCase(".", 421)]
    [TestCase(".:80", 421)]
    [TestCase("..", 421)]
    [TestCase(".localhost", 421)]
    public async Task Server_on_loopback_answers_to_loopback_and_listed_names_only(string host, int status)
    {
        var options = EndpointOptions.Default with { AllowedHosts = ["listed.example"], AllowAnonymousPublish = true };
        await using var server = new ServerUnderTest(options);
        foreach (var method in new[] { "GET", "HEAD" })
            Assert.That((await server.SendAsync(method, "/", null, "Host: " + host)).Status, Is.EqualTo(status));
        Assert.That((await server.SendAsync("POST", "/events", "x", "Host: " + host)).Status, Is.EqualTo(status == 200 ? 201 : status));
        Assert.That((await server.SendAsync("OPTIONS", "*", null, "Host: " + host)).Status, Is.EqualTo(status == 200 ? 204 : status));
    }

    [Test]
    public async Task Refusal_of_a_wrong_name_names_the_setting()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/events", null, "Host: rebound.example");
        Assert.That((reply.Status, reply.Problem), Is.EqualTo(
            (421, "This server listens on loopback and answers to loopback names only; list other host names in Server:AllowedHosts.")));
    }

    [Test]
    public async Task Server_on_other_addresses_answers_to_any_name()
    {
        await using var server = new ServerUnderTest(Public);
        Assert.That((await server.SendAsync("GET", "/", null, "Host: events.example")).Status, Is.EqualTo(200));
    }

    // A rebound name reaches an intranet's server too. Addresses cannot be rebound, and health checks use them.
    [TestCase("listed.example", 200)]
    [TestCase("LISTED.example:8080", 200)]
    [TestCase("listed.example.", 200)]
    [TestCase("LISTED.example.:8080", 200)]
    [TestCase("listed.example..", 421)]
    [TestCase("localhost:8080", 200)]
    [TestCase("127.0.0.1", 200)]
    [TestCase("10.1.2.3:8080", 200)]
    [TestCase("192.168.1.1", 200)]
    [TestCase("[2001:db8::1]", 200)]
    [TestCase("[fe80::1]:8080", 200)]
    [TestCase("rebound.example", 421)]
    [TestCase("sub.listed.example", 421)]
    [TestCase("10.1.2.3.rebound.example", 421)]
    [TestCase("10.1", 421)]
    [TestCase("0x0a.1.2.3.rebound.example", 421)]
    [TestCase("167838211", 421)]
    [TestCase(".", 421)]
    public async Task Server_on_other_addresses_answers_to_listed_names_and_addresses_once_a_name_is_listed(string host, int status)
    {
        await using var server = new ServerUnderTest(Public with { AllowedHosts = ["listed.example"], AllowAnonymousPublish = true });
        var reply = await server.SendAsync("GET", "/", null, "Host: " + host);
        Assert.That(reply.Status, Is.EqualTo(status));
        if (status == 421) Assert.That(reply.Problem, Does.Contain("Server:AllowedHosts"));
        Assert.That((await server.SendAsync("POST", "/events", "x", "Host: " + host)).Status, Is.EqualTo(status == 200 ? 201 : status));
        Assert.That((await server.SendAsync("HEAD", "/events", null, "Host: " + host)).Status, Is.EqualTo(status));
    }

    // A browser always sends a Host, and without a name nothing can be rebound; HTTP/1.0 health checks often do not.
    [Test]
    public async Task Request_of_http_1_0_needs_no_host()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /healthz HTTP/1.0\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(200));
    }

    [TestCase(null, 201)]
    [TestCase("http://localhost", 201)]
    [TestCase("http://localhost:3000", 201)]
    [TestCase("https://localhost:3000", 201)]
    [TestCase("http://127.0.0.1:8080", 201)]
    [TestCase("http://[::1]:8080", 201)]
    [TestCase("http://app.localhost", 201)]
    [TestCase("https://app.example", 201)]
    [TestCase("https://App.Example", 201)]
    [TestCase("http://app.example", 403)]
    [TestCase("https://app.example:444", 403)]
    [TestCase("https://app.example.evil", 403)]
    [TestCase("https://evil.example", 403)]
    [TestCase("http://localhost.evil.example", 403)]
    [TestCase("http://localhost:80@evil.example", 403)]
    [TestCase("http://localhost:80/@evil.example", 403)]
    [TestCase("http://", 403)]
    [TestCase("http://.", 403)]
    [TestCase("localhost", 403)]
    [TestCase("null", 403)]
    [TestCase("", 403)]
    [TestCase("file://", 403)]
    [TestCase("*", 403)]
    [TestCase("ftp://localhost", 403)]
    public async Task Page_may_publish_only_from_loopback_or_a_listed_origin(string? origin, int status)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with
        {
            AllowedOrigins = ["*", "null",
            "https://app.example"]
        });
        var reply = await server.SendAsync("POST", "/events", "x", origin is null ? [] : ["Origin: " + origin]);
        Assert.That(reply.Status, Is.EqualTo(status));
        if (status == 403) Assert.That(reply.Problem, Does.Contain("Cors:AllowedOrigins"));
    }

    // Equal to Host proves nothing: a page on a rebound name has both.
    [Test]
    public async Task Origin_that_equals_host_may_not_publish_for_that()
    {
        await using var server = new ServerUnderTest(Public with { AllowAnonymousPublish = true });
        var reply = await server.SendAsync("POST", "/events", "x", "Host: rebound.example", "Origin: http://rebound.example");
        Assert.That(reply.Status, Is.EqualTo(403));
    }

    [Test]
    public async Task Two_origins_are_refused()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", "x", "Origin: http://localhost", "Origin: https://evil.example");
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((400, "The request has more than one Origin field; send one.")));
    }

    [Test]
    public async Task Any_page_may_read()
    {
        await using var server = new ServerUnderTest();
        await server.SubscribeAsync("/events", "Origin: https://evil.example");
    }

    [TestCase("Bearer first-key", 201)]
    [TestCase("bearer first-key", 201)]
    [TestCase("BEARER   first-key", 201)]
    [TestCase("Bearer schlüssel", 201)]
    [TestCase(null, 401)]
    [TestCase("", 401)]
    [TestCase("Bearer", 401)]
    [TestCase("Bearer shop", 401)]
    [TestCase("Bearer first-ke", 401)]
    [TestCase("Bearer first-key1", 401)]
    [TestCase("Bearer First-Key", 401)]
    [TestCase("Bearer first-key schlüssel", 401)]
    [TestCase("Basic first-key", 401)]
    [TestCase("first-key", 401)]
    public async Task Publishing_needs_one_of_the_keys_if_there_are_any(string? authorization, int status)
    {
        await using var server = new ServerUnderTest(auth: Keyed);
        var reply = await server.SendAsync("POST", "/events", "x", authorization is null ? [] : ["Authorization: " + authorization]);
        Assert.That(reply.Status, Is.EqualTo(status));
        if (status == 201) return;
        Assert.That(reply["WWW-Authenticate"], authorization is null
            ? Is.EqualTo("Bearer") : Does.StartWith("Bearer error=\"invalid_token\", "));
        Assert.That(reply.Problem, Does.Not.Contain("first"));
        if (authorization is null) Assert.That(reply.Problem, Does.Contain("Authorization: Bearer"));
    }

    [Test]
    public async Task Reading_needs_no_publish_key()
    {
        await using var server = new ServerUnderTest(auth: Keyed);
        await server.SubscribeAsync("/events");
    }

    [Test]
    public async Task Key_lets_no_page_of_another_origin_publish()
    {
        await using var server = new ServerUnderTest(auth: Keyed);
        var reply = await server.SendAsync("POST", "/events", "x", "Authorization: Bearer first-key", "Origin: https://evil.example");
        Assert.That(reply.Status, Is.EqualTo(403));
    }

    [TestCase("Forwarded: for=192.0.2.1")]
    [TestCase("X-Forwarded-For: 192.0.2.1")]
    [TestCase("x-forwarded-for:")]
    [TestCase("Via: 1.1 proxy")]
    [TestCase("X-Real-IP: 192.0.2.1")]
    [TestCase("X-Forwarded-Proto: https")]
    public async Task Publishing_through_a_proxy_needs_a_key_or_the_setting(string field)
    {
        await using var local = new ServerUnderTest();
        var reply = await local.SendAsync("POST", "/events", "x", field);
        Assert.That(reply.Status, Is.EqualTo(403));
        Assert.That(reply.Problem, Does.Contain("Auth:PublishKeys").And.Contains("Auth:AllowAnonymousPublish"));
        await using var keyed = new ServerUnderTest(auth: Keyed);
        await keyed.PublishAsync("/events", "x", field, "Authorization: Bearer first-key");
        await using var open = new ServerUnderTest(EndpointOptions.Default with { AllowAnonymousPublish = true });
        await open.PublishAsync("/events", "x", field);
    }

    // What nginx sends with proxy_pass alone: HTTP/1.0, the name of its upstream as Host, and no field of its own.
    [TestCase("POST", "/events")]
    [TestCase("GET", "/admin/topics")]
    [TestCase("POST", "/admin/shed?percent=1")]
    [TestCase("GET", "/metrics")]
    public async Task Request_over_http_1_0_may_be_a_proxys(string method, string target)
    {
        await using var local = new ServerUnderTest();
        Assert.That(await StatusOfAsync(local, "1.1"), Is.AnyOf(200, 201, 202));
        Assert.That(await StatusOfAsync(local, "1.0"), Is.EqualTo(403));
        await using var keyed = new ServerUnderTest(auth: Guarded.Options);
        Assert.That(await StatusOfAsync(keyed, "1.0", Guarded.Bearer(Guarded.KeyOfOps) + "\r\n"), Is.AnyOf(200, 201, 202));

        async Task<int> StatusOfAsync(ServerUnderTest server, string version, string field = "")
        {
            var client = await server.ConnectAsync();
            await client.SendAsync($"{method} {target} HTTP/{version}\r\nHost: {client.Authority}\r\n{field}Content-Length: 1\r\n\r\nx");
            return (await client.ReadReplyAsync()).Status;
        }
    }

    // A configured host name means that others use the server, and then a request that looks local may be anyone's.
    [TestCase(null)]
    [TestCase("Host: app.example")]
    public async Task Publishing_without_a_key_ends_once_another_host_name_is_listed(string? field)
    {
        var options = EndpointOptions.Default with { AllowedHosts = ["app.example"] };
        string[] fields = field is null ? [] : [field];
        await using var server = new ServerUnderTest(options);
        Assert.That((await server.SendAsync("POST", "/events", "x", fields)).Status, Is.EqualTo(401));
        await using var open = new ServerUnderTest(options with { AllowAnonymousPublish = true });
        Assert.That((await open.SendAsync("POST", "/events", "x", fields)).Status, Is.EqualTo(201));
    }

    [TestCase("PROXY TCP4 192.0.2.7 198.51.100.1 4711 443")]
    [TestCase("PROXY UNKNOWN")]
    public async Task Connection_with_a_PROXY_header_came_through_a_proxy(string header)
    {
        var proxies = new ProxyOptions { Trusted = [IPNetwork.Parse("127.0.0.0/8")], ExpectsHeader = true };
        await using var server = new ServerUnderTest(transport: new TransportOptions { Proxies = proxies });
        var client = await server.ConnectAsync();
        await client.SendAsync(header + "\r\n");
        await client.RequestAsync("GET", "/metrics");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(401));
        await client.RequestAsync("POST", "/events", "x");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply.Problem), Is.EqualTo((403, "Publishing without a key is not allowed through a proxy or over "
            + "HTTP/1.0; set Auth:PublishKeys, or Auth:AllowAnonymousPublish=true.")));
    }

    // Anonymous publishing depends on the setting and on the listeners; with keys it is off unless it is set.
    [TestCase(null, true, false, 201)]
    [TestCase(null, false, false, 401)]
    [TestCase(null, true, true, 401)]
    [TestCase(true, false, false, 201)]
    [TestCase(true, false, true, 201)]
    [TestCase(false, true, false, 401)]
    public async Task Publishing_without_a_key_is_decided_so(bool? setting, bool isLoopbackOnly, bool hasKeys, int status)
    {
        var options = EndpointOptions.Default with { AllowAnonymousPublish = setting, IsLoopbackOnly = isLoopbackOnly };
        await using var server = new ServerUnderTest(options, auth: hasKeys ? Keyed : null);
        Assert.That((await server.SendAsync("POST", "/events", "x")).Status, Is.EqualTo(status));
    }

    [TestCase("Bearer wrong")]
    [TestCase("Basic Zmlyc3Qta2V5")]
    public async Task Wrong_key_is_refused_even_if_none_is_needed(string authorization)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { AllowAnonymousPublish = true }, auth: Keyed);
        Assert.That((await server.SendAsync("POST", "/events", "x", "Authorization: " + authorization)).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task Server_on_ipv6_loopback_answers_to_its_address()
    {
        if (!System.Net.Sockets.Socket.OSSupportsIPv6) Assert.Ignore("IPv6 is switched off on this machine.");
        await using var server = new ServerUnderTest(listen: new IPEndPoint(IPAddress.IPv6Loopback, 0));
        await server.PublishAsync("/events", "x", $"Origin: http://[::1]:{server.EndPoint.Port}");
    }
}
