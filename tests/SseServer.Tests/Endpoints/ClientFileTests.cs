using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>The files of the browser client over HTTP.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ClientFileTests
{
    [TestCase("/client.js", "text/javascript; charset=utf-8", "EventTarget")]
    [TestCase("/client-tabs.js", "text/javascript; charset=utf-8", "export")]
    [TestCase("/client-worker.js", "text/javascript; charset=utf-8", "onconnect")]
    [TestCase("/client.d.ts", "application/typescript; charset=utf-8", "export declare class EventStream")]
    public async Task File_is_served_to_pages_of_every_origin(string path, string type, string content)
    {
        await using var server = Guarded.Start();
        var reply = await server.SendAsync("GET", path, null, "Origin: https://elsewhere.example");
        var head = await server.SendAsync("HEAD", path);
        Assert.That((reply.Status, reply["Content-Type"], reply["Cache-Control"]), Is.EqualTo((200, type, "no-cache")));
        Assert.That(reply.Body, Does.Contain(content));
        Assert.That((reply["Access-Control-Allow-Origin"], reply["Cross-Origin-Resource-Policy"]), Is.EqualTo(("*", "cross-origin")));
        Assert.That((head.Status, head["ETag"], head["Content-Length"]), Is.EqualTo((200, reply["ETag"], reply["Content-Length"])));
        Assert.That(reply["X-TypeScript-Types"], Is.EqualTo(path == "/client.js" ? "./client.d.ts" : null));
    }

    [TestCase("{0}", 304)]
    [TestCase("W/{0}", 304)]
    [TestCase("\"other\", {0}", 304)]
    [TestCase("*", 304)]
    [TestCase("\"other\"", 200)]
    [TestCase("", 200)]
    public async Task Client_that_has_it_is_told_so(string known, int status)
    {
        await using var server = new ServerUnderTest();
        var tag = (await server.SendAsync("GET", "/client.js"))["ETag"]!;
        var field = "If-None-Match: " + known.Replace("{0}", tag, StringComparison.Ordinal);
        var reply = await server.SendAsync("GET", "/client.js", null, field);
        Assert.That((reply.Status, reply["ETag"], reply.Body.Length > 0), Is.EqualTo((status, tag, status == 200)));
        Assert.That(reply["Content-Type"] is null, Is.EqualTo(status == 304));
    }

    [Test]
    public async Task Pages_of_origins_that_may_not_read_may_not_import_it()
    {
        await using var server = new ServerUnderTest(EndpointOptions.Default with { AllowedOrigins = ["https://app.example"] });
        var own = await server.SendAsync("GET", "/client.js", null, "Origin: https://app.example");
        var other = await server.SendAsync("GET", "/client.js", null, "Origin: https://elsewhere.example");
        Assert.That(own["Access-Control-Allow-Origin"], Is.EqualTo("https://app.example"));
        Assert.That(other["Access-Control-Allow-Origin"], Is.Null);
    }
}
