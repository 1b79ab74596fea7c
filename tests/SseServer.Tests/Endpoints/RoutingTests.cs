namespace SseServer.Tests.Endpoints;

/// <summary>The resources and their methods.</summary>
public sealed class RoutingTests
{
    [TestCase("GET", "/nothing")]
    [TestCase("POST", "/nothing")]
    [TestCase("OPTIONS", "/nothing")]
    [TestCase("GET", "/event")]
    [TestCase("GET", "/eventss")]
    [TestCase("GET", "/Events")]
    [TestCase("GET", "//events")]
    [TestCase("GET", "/%65vents")]
    [TestCase("GET", "/events%2Fa")]
    [TestCase("GET", "/healthz/")]
    [TestCase("GET", "/../events")]
    public async Task Other_paths_are_not_found(string method, string path)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync(method, path);
        Assert.That(reply.Status, Is.EqualTo(404));
        Assert.That(reply.Problem, Does.Contain("/events"));
    }

    [TestCase("PUT", "/events", "GET, HEAD, POST, DELETE, OPTIONS")]
    [TestCase("PATCH", "/events", "GET, HEAD, POST, DELETE, OPTIONS")]
    [TestCase("POST", "/healthz", "GET, HEAD, OPTIONS")]
    [TestCase("POST", "/", "GET, HEAD, OPTIONS")]
    [TestCase("DELETE", "/", "GET, HEAD, OPTIONS")]
    public async Task Other_methods_are_refused_with_those_that_are_allowed(string method, string path, string allow)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync(method, path);
        Assert.That((reply.Status, reply["Allow"]), Is.EqualTo((405, allow)));
        Assert.That(reply.Problem, Does.Contain("use GET"));
    }

    // RFC 9110 section 9.1: 501 for a method that is unrecognized or not implemented; names are case-sensitive.
    [TestCase("TRACE", "/events")]
    [TestCase("TRACE", "/")]
    [TestCase("BREW", "/events")]
    [TestCase("BREW", "/nothing")]
    [TestCase("get", "/events")]
    [TestCase("POSTX", "/events")]
    public async Task Unknown_methods_are_not_implemented(string method, string path)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync(method, path);
        Assert.That((reply.Status, reply.Problem),
            Is.EqualTo((501, "The method is not supported; use GET, HEAD, POST, DELETE or OPTIONS, in capital letters.")));
    }

    // RFC 9110 section 9.3.6: an origin server need not serve CONNECT; the client would continue with the bytes of a tunnel.
    [Test]
    public async Task Tunnels_are_refused()
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.RequestAsync("CONNECT", "127.0.0.1:80");
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((501, "close")));
        Assert.That(await client.EndsAsync());
    }

    [TestCase("*", "GET, HEAD, POST, DELETE, OPTIONS")]
    [TestCase("/events", "GET, HEAD, POST, DELETE, OPTIONS")]
    [TestCase("/events/a/b", "GET, HEAD, POST, DELETE, OPTIONS")]
    [TestCase("/healthz", "GET, HEAD, OPTIONS")]
    [TestCase("/", "GET, HEAD, OPTIONS")]
    public async Task Options_lists_the_methods_without_a_body(string target, string allow)
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("OPTIONS", target);
        Assert.That((reply.Status, reply["Allow"], reply["Content-Length"]), Is.EqualTo((204, allow, (string?)null)));
    }

    [Test]
    public async Task Absolute_target_is_served_as_its_path()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", $"http://{server.EndPoint}/events/a", "x");
        Assert.That((reply.Status, reply.Json.GetProperty("topic").GetString()), Is.EqualTo((201, "a")));
    }

    [Test]
    public async Task Health_shows_what_the_server_holds()
    {
        await using var server = new ServerUnderTest();
        var id = await server.PublishAsync("/events/a", "x");
        await server.SubscribeAsync("/events/b");
        var reply = await server.SendAsync("GET", "/healthz");
        Assert.That((reply.Status, reply["Content-Type"], reply["Cache-Control"]), Is.EqualTo((200, "application/json", "no-store")));
        Assert.That(reply.Json.GetProperty("status").GetString(), Is.EqualTo("ok"));
        Assert.That(reply.Json.GetProperty("streams").GetInt32(), Is.EqualTo(1));
        Assert.That(reply.Json.GetProperty("topics").GetInt32(), Is.EqualTo(2));
        Assert.That(reply.Json.GetProperty("historyBytes").GetInt64(), Is.Positive);
        Assert.That(reply.Json.GetProperty("head").GetString(), Is.EqualTo(id));
    }

    [Test]
    public async Task Page_allows_its_own_script_and_style_and_nothing_else()
    {
        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("GET", "/");
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "text/html; charset=utf-8")));
        Assert.That(reply["Content-Security-Policy"], Does.Match(
            "^default-src 'none'; connect-src 'self'; img-src data:; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'$"));
        Assert.That(reply.Body, Does.StartWith("<!doctype html>").And.Contains("new EventSource("));
    }

    [TestCase("/")]
    [TestCase("/healthz")]
    public async Task Head_has_the_length_of_what_get_sends(string path)
    {
        await using var server = new ServerUnderTest();
        var get = await server.SendAsync("GET", path);
        var head = await server.SendAsync("HEAD", path);
        Assert.That((head.Status, head["Content-Length"], head.Body), Is.EqualTo((200, get["Content-Length"], "")));
    }

    [TestCase("GET / HTTP/2.0\r\n\r\n", 505)]
    [TestCase("GET /\x01 HTTP/1.1\r\n\r\n", 400)]
    [TestCase("GET / HTTP/1.1\r\n\r\n", 400)]
    [TestCase("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [TestCase("POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    public async Task What_is_no_http_is_refused_as_a_problem_with_cors_fields(string request, int status)
    {
        await using var server = new ServerUnderTest();
        var client = await server.ConnectAsync();
        await client.SendAsync(request);
        var reply = await client.ReadReplyAsync();
        Assert.That((reply.Status, reply["Connection"], reply["Access-Control-Allow-Origin"]), Is.EqualTo((status, "close", "*")));
        Assert.That(reply.Problem, Is.Not.Empty);
        Assert.That(await client.EndsAsync());
    }
}
