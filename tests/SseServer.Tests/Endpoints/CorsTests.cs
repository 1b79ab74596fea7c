using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>The Fetch standard's CORS protocol: which pages may read responses.</summary>
public sealed class CorsTests
{
    private static readonly EndpointOptions Listed = EndpointOptions.Default with
    {
        AllowedOrigins = ["https://app.example", "https://other.example:8443"],
    };

    // One of each kind of response.
    private static readonly (string Method, string Target, string Body, string Field, int Status)[] Replies =
    [
        ("GET", "/", "", "", 200),
        ("GET", "/healthz", "", "", 200),
        ("HEAD", "/events", "", "", 200),
        ("OPTIONS", "/events", "", "", 204),
        ("OPTIONS", "*", "", "", 204),
        ("POST", "/events?id=1", "x", "", 201),
        ("GET", "/events?since=never", "", "", 400),
        ("GET", "/events", "", "Accept: text/html", 406),
        ("GET", "/nothing", "", "", 404),
        ("PUT", "/events", "", "", 405),
        ("DELETE", "/events/a", "", "", 404),
        ("POST", "/events", "x", "Content-Encoding: gzip", 415),
        ("POST", "/events", "x", "Expect: miracles", 417),
        ("GET", "/", "", "Host: rebound.example", 421),
    ];

    [TestCaseSource(nameof(Replies))]
    public async Task Every_reply_may_be_read_by_any_page((string Method, string Target, string Body, string Field, int Status) reply)
    {
        await using var server = new ServerUnderTest();
        var answer = await SendAsync(server, reply, "http://localhost:3000");
        Assert.That(answer.Status, Is.EqualTo(reply.Status));
        Assert.That(answer["Access-Control-Allow-Origin"], Is.EqualTo("*"));
        Assert.That(answer["Access-Control-Expose-Headers"], Is.EqualTo("Retry-After"));
        Assert.That((answer["Vary"], answer["Access-Control-Allow-Credentials"]), Is.EqualTo(((string?)null, (string?)null)));
    }

    [TestCaseSource(nameof(Replies))]
    public async Task Every_reply_may_be_read_by_a_listed_page_alone(
        (string Method, string Target, string Body, string Field, int Status) reply)
    {
        await using var server = new ServerUnderTest(Listed);
        var listed = await SendAsync(server, reply, "https://app.example");
        Assert.That(listed["Access-Control-Allow-Origin"], Is.EqualTo("https://app.example"));
        Assert.That((listed["Vary"], listed["Access-Control-Expose-Headers"]), Is.EqualTo(("Origin", "Retry-After")));
        foreach (var origin in new[] { null, "http://localhost:3000", "https://app.example:444", "https://app.example.evil", "null" })
        {
            var other = await SendAsync(server, reply, origin);
            Assert.That(other["Access-Control-Allow-Origin"], Is.Null, origin);
            Assert.That((other["Vary"], other["Access-Control-Expose-Headers"]), Is.EqualTo(("Origin", "Retry-After")), origin);
        }
    }

    [Test]
    public async Task Cookies_are_allowed_to_listed_pages_if_that_is_set()
    {
        await using var server = new ServerUnderTest(Listed with { AllowCredentials = true });
        var listed = await server.SendAsync("HEAD", "/events", null, "Origin: https://app.example");
        Assert.That((listed["Access-Control-Allow-Origin"], listed["Access-Control-Allow-Credentials"]),
            Is.EqualTo(("https://app.example", "true")));
        var other = await server.SendAsync("HEAD", "/events", null, "Origin: https://evil.example");
        Assert.That((other["Access-Control-Allow-Origin"], other["Access-Control-Allow-Credentials"]),
            Is.EqualTo(((string?)null, (string?)null)));
    }

    [Test]
    public async Task Preflight_allows_what_clients_built_on_fetch_send()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync(
            "OPTIONS", "/events/a", null, "Origin: https://app.example", "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: last-event-id,cache-control,authorization,content-type");
        Assert.That(reply.Status, Is.EqualTo(204));
        Assert.That(reply["Access-Control-Allow-Methods"], Is.EqualTo("GET, HEAD, POST, DELETE, OPTIONS"));
        Assert.That(reply["Access-Control-Allow-Headers"], Is.EqualTo("Last-Event-ID, Cache-Control, Authorization, Content-Type"));
        Assert.That(int.Parse(reply["Access-Control-Max-Age"]!), Is.Positive);
    }

    private static Task<WireReply> SendAsync(
        ServerUnderTest server, (string Method, string Target, string Body, string Field, int Status) reply, string? origin)
    {
        // A publish from a page that is not listed is refused, but the page may still read the refusal or not.
        var fields = new List<string>();
        if (origin is not null) fields.Add("Origin: " + origin);
        if (reply.Field.Length > 0) fields.Add(reply.Field);
        return server.SendAsync(reply.Method, reply.Target, reply.Body.Length == 0 ? null : reply.Body, [.. fields]);
    }
}
