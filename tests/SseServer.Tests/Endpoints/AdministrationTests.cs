using System.Net;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Transport;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// Who administers a server: <c>/admin/</c> and <c>/metrics</c>. A proxy on the same machine that adds nothing to a request (nginx with
/// proxy_pass alone) makes every client look local, so that being local is enough only on a server that no one else uses.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class AdministrationTests
{
    private const string Wrong = "not-a-key-of-this-server";

    public enum Setup
    {
        Bare,
        Keys,
        Tokens,
        TrustedProxy,
        ListedHost,
        Public,
        PublicWithKeys,
    }

    private static readonly (string Method, string Target, int Status)[] Paths =
        [("GET", "/admin/topics", 200), ("HEAD", "/admin/topics", 200), ("POST", "/admin/shed?percent=100", 202), ("GET", "/metrics", 200),
            ("HEAD", "/metrics", 200)];

    // Signs of where a request comes from: none, those of standard proxies, those of browsers.
    private static readonly (string Field, bool IsDirect, bool IsForeign)[] Sources =
    [
        ("", true, false),
        ("Host: localhost", true, false),
        ("Host: 127.0.0.1:8080", true, false),
        ("Host: app.example", false, false),
        ("X-Forwarded-For: 192.0.2.1", false, false),
        ("X-Forwarded-Proto: https", false, false),
        ("X-Real-IP: 192.0.2.1", false, false),
        ("Via: 1.1 proxy", false, false),
        ("Forwarded: for=192.0.2.1", false, false),
        ("Origin: http://localhost:3000", true, false),
        ("Origin: https://evil.example", true, true),
        ("Origin: null", true, true),
    ];

    [Test]
    public async Task Administration_needs_a_credential_wherever_others_than_this_machine_are_expected([Values] Setup setup)
    {
        await using var server = Start(setup);
        var hasTokens = setup is Setup.Tokens;
        var hasKeys = setup is Setup.Keys or Setup.PublicWithKeys;
        var admin = hasTokens ? server.Token(grant: """{"admin":true}""") : Guarded.KeyOfOps;
        var other = hasTokens ? server.Token() : Guarded.KeyOfShop;
        using var client = await WireClient.ConnectAsync(server.EndPoint);
        foreach (var (method, target, success) in Paths)
            foreach (var (field, isDirect, isForeign) in Sources)
                foreach (var credential in new[] { null, Wrong, other, admin })
                {
                    string[] fields = [.. new[] { field, credential is null ? "" : Guarded.Bearer(credential) }
                        .Where(text => text.Length > 0)];
                    await client.RequestAsync(method, target, method == "POST" ? "" : null, fields);
                    var reply = await client.ReadReplyAsync(isHead: method == "HEAD");
                    var isStranger = field == "Host: app.example" && setup is Setup.Bare or Setup.Keys or Setup.Tokens or Setup.TrustedProxy
                        && field == "Host: app.example";
                    var expected = isStranger ? 421
                        : isForeign ? 403
                        : setup == Setup.Bare ? (isDirect ? success : 403)
                        : credential is null or Wrong || !(hasKeys || hasTokens) ? 401
                        : credential == other ? 403 : success;
                    var what = $"{setup}: {method} {target} with [{string.Join(" | ", fields)}]";
                    Assert.That(reply.Status, Is.EqualTo(expected), what);
                    if (expected == 401) Assert.That(reply["WWW-Authenticate"], Does.StartWith("Bearer"), what);
                    if (expected >= 400 && method != "HEAD") Assert.That(reply.Problem, Is.Not.Empty, what);
                    if (expected >= 400) Assert.That(reply.Body, Does.Not.Contain("orders/1").And.Not.Contain("# HELP"), what);
                }
    }

    [TestCase(Setup.Public)]
    [TestCase(Setup.TrustedProxy)]
    [TestCase(Setup.ListedHost)]
    [TestCase(Setup.Keys)]
    public async Task Refusal_without_a_credential_says_how_to_get_one(Setup setup)
    {
        await using var server = Start(setup);
        var admin = await server.SendAsync("GET", "/admin/topics");
        var metrics = await server.SendAsync("GET", "/metrics");
        Assert.That(admin.Problem, Does.Contain("Auth:Keys:NAME:Admin=true"));
        Assert.That(metrics.Problem, Does.Contain("Auth:Keys:NAME:Admin=true").And.Contain("Metrics:Open=true"));
    }

    [Test]
    public async Task Metrics_that_are_open_are_so_in_every_setup([Values] Setup setup)
    {
        await using var server = Start(setup, hasOpenMetrics: true);
        Assert.That((await server.SendAsync("GET", "/metrics", null, "X-Forwarded-For: 192.0.2.1")).Status, Is.EqualTo(200));
        Assert.That((await server.SendAsync("GET", "/admin/topics", null, "X-Forwarded-For: 192.0.2.1")).Status, Is.AnyOf(401, 403));
    }

    [Test]
    public async Task Health_shows_counts_to_operators_only([Values] Setup setup)
    {
        await using var server = Start(setup);
        var admin = setup switch
        {
            Setup.Tokens => server.Token(grant: """{"admin":true}"""),
            Setup.Keys or Setup.PublicWithKeys => Guarded.KeyOfOps,
            _ => null,
        };
        string[] known = ["status", "history"];
        string[] all = ["status", "streams", "topics", "historyBytes", "history", "head"];
        foreach (var (field, isDirect, isForeign) in Sources.Where(source
            => !source.Field.StartsWith("Host: app", StringComparison.Ordinal)))
            foreach (var credential in new[] { null, Wrong, admin })
            {
                string[] fields = [.. new[] { field, credential is null ? "" : Guarded.Bearer(credential) }.Where(text => text.Length > 0)];
                var reply = await server.SendAsync("GET", "/healthz", null, fields);
                var isOperator = !isForeign && (setup == Setup.Bare ? isDirect : credential is not null && credential == admin);
                if (field == "Origin: http://localhost:3000" && setup != Setup.Bare)
                    isOperator = credential is not null && credential == admin;
                Assert.That(reply.Status, Is.EqualTo(200), $"{setup}: {string.Join(" | ", fields)}");
                Assert.That(reply.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(isOperator ? all : known), $"{setup}: "
                    + $"{string.Join(" | ", fields)}");
            }
    }

    private static ServerUnderTest Start(Setup setup, bool hasOpenMetrics = false)
    {
        var isPublic = setup is Setup.Public or Setup.PublicWithKeys;
        var endpoints = EndpointOptions.Default with
        {
            IsLoopbackOnly = !isPublic,
            AllowAnonymousPublish = setup == Setup.Public ? true : null,
            AllowedHosts = setup == Setup.ListedHost ? ["app.example"] : [],
            HasOpenMetrics = hasOpenMetrics,
        };
        var auth = setup switch
        {
            Setup.Keys or Setup.PublicWithKeys => Guarded.Options with { Jwt = null },
            Setup.Tokens => Guarded.Options with { Keys = [] },
            _ => AuthOptions.Default,
        };
        // Another machine's address, as in a list of a provider's networks; the local proxy is not listed.
        var proxies = setup == Setup.TrustedProxy ? new ProxyOptions { Trusted = [IPNetwork.Parse("192.0.2.0/24")] } : ProxyOptions.Default;
        return new(endpoints, transport: new TransportOptions { Proxies = proxies }, auth: auth);
    }
}
