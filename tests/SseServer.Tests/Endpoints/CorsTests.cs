using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>The Fetch standard's CORS protocol: which pages may read responses.</summary>
public sealed class CorsTests
{
    private static readonly EndpointOptions Listed = EndpointOptions.Default with
    {
        AllowedOrigins = ["https://app.example", "https://other.example:8443"],
    };

    private const string Exposed = "Retry-After, SSE-Last-Event-ID, RateLimit, RateLimit-Policy";

    private const string ForPublishing = "Last-Event-ID, Cache-Control, Authorization, Content-Type";

    // One of each kind of response.
    private static readonly (string Method, string Target, string Body, string Field, int Status)[] Replies =
    [
        ("GET", "/", "", "", 200),
        ("GET", "/healthz", "", "", 200),
        ("HEAD", "/events", "", "", 200),
        ("OPTIONS", "/events", "", "", 204),
        ("OPTIONS", "*", "", "", 204),
        ("POST", "/events?id=1", "x", "", 201),
        ("GET", "/events?since=10y", "", "", 400),
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
        Assert.That(answer["Access-Control-Expose-Headers"], Is.EqualTo(Exposed));
        Assert.That((answer["Vary"], answer["Access-Control-Allow-Credentials"]), Is.EqualTo(((string?)null, (string?)null)));
    }

    [TestCaseSource(nameof(Replies))]
    public async Task Every_reply_may_be_read_by_a_listed_page_alone(
        (string Method, string Target, string Body, string Field, int Status) reply)
    {
        await using var server = new ServerUnderTest(Listed);
        var listed = await SendAsync(server, reply, "https://app.example");
        Assert.That(listed["Access-Control-Allow-Origin"], Is.EqualTo("https://app.example"));
        Assert.That((listed["Vary"], listed["Access-Control-Expose-Headers"]), Is.EqualTo(("Origin", Exposed)));
        foreach (var origin in new[] { null, "http://localhost:3000", "https://app.example:444", "https://app.example.evil", "null" })
        {
            var other = await SendAsync(server, reply, origin);
            Assert.That(other["Access-Control-Allow-Origin"], Is.Null, origin);
            Assert.That((other["Vary"], other["Access-Control-Expose-Headers"]), Is.EqualTo(("Origin", Exposed)), origin);
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

    // Method and fields that a page asks for; the fields that it is allowed.
    [TestCase("GET", "last-event-id,cache-control,authorization", "last-event-id,cache-control,authorization")]
    [TestCase("GET", "datastar-request,traceparent,baggage,x-own", "datastar-request,traceparent,baggage,x-own")]
    [TestCase("HEAD", "X-Own , X-Other", "X-Own , X-Other")]
    [TestCase("GET", null, ForPublishing)]
    [TestCase("GET", "", ForPublishing)]
    [TestCase("GET", "x own", ForPublishing)]
    [TestCase("GET", "x-own,", ForPublishing)]
    [TestCase("GET", "*/*", ForPublishing)]
    [TestCase("POST", "content-type,x-own", ForPublishing)]
    [TestCase("DELETE", "x-own", ForPublishing)]
    [TestCase("get", "x-own", ForPublishing)]
    public async Task Preflight_allows_readers_their_own_fields_and_publishers_those_of_a_list(string method, string? asked, string allowed)
    {
        await using var server = new ServerUnderTest();
        string[] fields = ["Origin: https://app.example", "Access-Control-Request-Method: " + method];
        if (asked is not null) fields = [.. fields, "Access-Control-Request-Headers: " + asked];
        var reply = await server.SendAsync("OPTIONS", "/events/a", null, fields);
        Assert.That(reply.Status, Is.EqualTo(204));
        Assert.That(reply["Access-Control-Allow-Methods"], Is.EqualTo("GET, HEAD, POST, DELETE, OPTIONS"));
        Assert.That(reply["Access-Control-Allow-Headers"], Is.EqualTo(allowed));
        Assert.That(int.Parse(reply["Access-Control-Max-Age"]!), Is.Positive);
    }

    [TestCase("https://app.example", "x-own")]
    [TestCase("https://evil.example", ForPublishing)]
    public async Task Preflight_reflects_fields_only_for_pages_that_may_read(string origin, string allowed)
    {
        await using var server = new ServerUnderTest(Listed);
        var reply = await server.SendAsync("OPTIONS", "/events/a", null, "Origin: " + origin, "Access-Control-Request-Method: GET",
            "Access-Control-Request-Headers: x-own");
        Assert.That(reply["Access-Control-Allow-Headers"], Is.EqualTo(allowed));
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
