using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// A listed origin with a wildcard only lets pages read: the owner of any name below it can have a page there.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class WildcardOriginTests
{
    private static readonly EndpointOptions Options = EndpointOptions.Default with
    {
        AllowedOrigins = ["https://*.app.example", "https://*.other.example:8443", "https://known.app.example"],
        AllowCredentials = true,
        AllowAnonymousPublish = true,
        IsLoopbackOnly = false,
    };

    private static readonly string[] Covered =
        ["https://a.app.example", "https://A.App.Example", "https://a.b.c.app.example", "https://x-1_y.app.example",
            "https://a.other.example:8443"];

    private static readonly string[] Foreign =
    [
        "https://app.example", "https://.app.example", "https://a..app.example", "https://evilapp.example", "https://a.app.example.evil",
            "http://a.app.example",
        "https://a.app.example:8443", "https://a.other.example", "https://a.other.example:84430", "https://evil.example/.app.example",
            "https://evil.example?.app.example",
        "https://evil.example#.app.example", "https://u@a.app.example", "https://a:1.app.example", "https://*.app.example",
            "https://a b.app.example", "https://é.app.example", "null", "",
    ];

    [Test]
    public async Task Pages_below_the_name_may_read_and_no_others()
    {
        await using var server = Guarded.Start(Options);
        foreach (var origin in Covered.Concat(Foreign).Append("https://known.app.example"))
        {
            var isAllowed = Covered.Contains(origin) || origin == "https://known.app.example";
            foreach (var (method, target) in new[] { ("HEAD", "/events/open"), ("OPTIONS", "/events/open"), ("GET", "/nothing"),
                ("GET", "/healthz") })
            {
                var reply = await server.SendAsync(method, target, null, "Origin: " + origin);
                Assert.That((reply["Access-Control-Allow-Origin"], reply["Vary"]), Is.EqualTo((isAllowed ? origin : null, "Origin")),
                    $"{method} {target} from {origin}");
                Assert.That(reply["Access-Control-Allow-Credentials"], Is.EqualTo(origin == "https://known.app.example" ? "true" : null),
                    origin);
            }
        }
    }

    [Test]
    public async Task Pages_below_the_name_change_and_administer_nothing_whatever_they_bring()
    {
        await using var server = Guarded.Start(Options);
        foreach (var origin in Covered)
            foreach (var credential in new[] { null, Guarded.Bearer(Guarded.KeyOfOps), Guarded.Cookie(Guarded.KeyOfOps) })
                foreach (var (method, target) in new[]
                    { ("POST", "/events/orders/1"), ("DELETE", "/events/orders/1"), ("POST", "/streams/AAAAAAAAAAAAAAAAAAAAAA"),
                ("POST", "/admin/shed?percent=1"), ("GET", "/admin/topics"), ("GET", "/metrics") })
                {
                    string[] fields = ["Origin: " + origin, .. credential is null ? Array.Empty<string>() : [credential]];
                    var reply = await server.SendAsync(method, target, method == "POST" ? "x" : null, fields);
                    Assert.That(reply.Status, Is.EqualTo(403), $"{method} {target} from {origin} with {credential}");
                }

        Assert.That(server.Hub.TopicCount, Is.Zero);
    }
}
