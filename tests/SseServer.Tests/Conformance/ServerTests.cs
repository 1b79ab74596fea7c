using SseServer.Endpoints;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Conformance;

/// <summary>The rules of the conformance host on the server itself, where a smuggled request would be a published event.</summary>
public sealed class ServerTests
{
    private const string Smuggled = "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nsmuggled";

    private static readonly string Long = new('a', 65536);

    private static IEnumerable<string> Desynchronising =>
    [
        $"Content-Length: {5 + Smuggled.Length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n{Smuggled.Length:x}\r\n{Smuggled}\r\n0\r\n\r\n",
        $"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding : chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding:\r\n chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}",
        $"Transfer_Encoding: chunked\r\nContent-Length: {5 + Smuggled.Length}\r\n\r\n0\r\n\r\n{Smuggled}",
        $"Content-Length: 0\r\nContent-Length: {Smuggled.Length}\r\n\r\n{Smuggled}",
        $"Content-Length: 0, {Smuggled.Length}\r\n\r\n{Smuggled}",
        $"Content-Length: +0\r\n\r\n{Smuggled}",
        $"Content-Length: {Smuggled.Length:d10}\r\n\r\n{Smuggled}",
        $"Content-Length : 0\r\n\r\n{Smuggled}",
        $"X: y\nContent-Length: 0\r\n\r\n{Smuggled}",
        $"X: y\rContent-Length: 0\r\n\r\n{Smuggled}",
        $"X: y\r\n\r{Smuggled}",
        $"Expect: tea\r\nContent-Length: 0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n0\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n\r\n{Smuggled}",
        $"Transfer-Encoding: chunked\r\n\r\n0;{Long}\r\n\r\n{Smuggled}",
        $"X: {Long}\r\n\r\n{Smuggled}",
    ];

    // RFC 9112 section 11.2: request smuggling exploits differences in how recipients find the end of a request.
    [Test]
    public async Task Nothing_that_hides_in_a_refused_request_is_published()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        foreach (var rest in Desynchronising)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync("POST /events/a HTTP/1.1\r\nHost: localhost\r\n" + rest);
            var reply = await client.ReadReplyAsync();
            Assert.That((reply.Status, reply["Connection"]), Is.EqualTo((reply.Status is 417 or 431 or 501 ? reply.Status : 400, "close")),
                rest);
            Assert.That(reply.Problem, Is.Not.Empty);
            Assert.That(await client.EndsAsync(), rest);
        }

        await server.PublishAsync("/events/a", "seen");
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("seen"));
    }

    // Conversely, a request in a body is data, whatever the method, and the next request follows it.
    [TestCase("GET", "/healthz", 200)]
    [TestCase("HEAD", "/healthz", 200)]
    [TestCase("OPTIONS", "/events/a", 204)]
    [TestCase("PUT", "/events/a", 405)]
    [TestCase("GET", "/nothing", 404)]
    [TestCase("BREW", "/", 501)]
    public async Task Request_in_a_body_is_no_request(string method, string path, int status)
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        var client = await server.ConnectAsync();
        await client.RequestAsync(method, path, Smuggled);
        await client.RequestAsync("POST", "/events/a", "seen");
        Assert.That((await client.ReadReplyAsync(method == "HEAD")).Status, Is.EqualTo(status));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(201));
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("seen"));
    }

    // Content of a request appears in no response field, except as a single value of a field.
    [TestCase("/events?topic=a%0d%0aX-Injected:%20b", null)]
    [TestCase("/events/a%0d%0aX-Injected:%20b", null)]
    [TestCase("/events?since=%0d%0aX-Injected:%20b", null)]
    [TestCase("/events?heartbeat=%0aX-Injected:%20b", null)]
    [TestCase("/%0d%0aX-Injected:%20b", null)]
    [TestCase("/nothing", "http://a\tX-Injected: b")]
    public async Task Response_cannot_be_split(string target, string? origin)
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { AllowedOrigins = ["http://listed.example"] });
        var reply = await server.SendAsync("GET", target, null, origin is null ? [] : ["Origin: " + origin]);
        Assert.That(reply.Status, Is.AnyOf(400, 404));
        Assert.That(reply.Head, Does.Not.Contain("Injected"));
    }

    [Test]
    public async Task Event_data_cannot_forge_fields_of_the_stream()
    {
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        await server.PublishAsync("/events/a", "x\r\n\r\nid: 9-9\r\revent: forged\n\ndata: y");
        var block = await reader.ReadEventAsync();
        Assert.That((block!.Name, block.Data), Is.EqualTo(("message", "x\n\nid: 9-9\n\nevent: forged\n\ndata: y")));
    }
}
