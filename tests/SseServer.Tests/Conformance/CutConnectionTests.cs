using System.Text;
using SseServer.ConformanceHost;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Transport;

namespace SseServer.Tests.Conformance;

/// <summary>
/// Connections that end at every byte, by FIN or by a reset. The servers check when they are disposed that nothing leaks or is logged as an
/// error.
/// </summary>
public sealed class CutConnectionTests
{
    private const string Request = "POST /a%20b?c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        + "5;x=\"y\"\r\nhello\r\n0\r\nName: value\r\n\r\n";

    [Test]
    public async Task Request_may_end_in_a_fin_after_every_byte()
    {
        await using var server = new TestServer(application: new ConformanceApplication());
        for (var cut = 0; cut < Request.Length; cut++)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync(Request[..cut]);
            client.Finish();
            Assert.That(await client.ReadToEndAsync(), Is.AnyOf("", "HTTP/1.1 100 Continue\r\n\r\n"), $"cut at {cut}");
        }

        await IsServedAsync(server);
    }

    [Test]
    public async Task Request_may_end_in_a_reset_after_every_byte()
    {
        await using var server = new TestServer(application: new ConformanceApplication());
        for (var cut = 0; cut <= Request.Length; cut++)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync(Request[..cut]);
            client.Reset();
        }

        await server.EmptyAsync();
        await IsServedAsync(server);
    }

    [Test]
    public async Task Request_behind_another_may_end_after_every_byte()
    {
        await using var server = new TestServer(application: new ConformanceApplication());
        for (var cut = 0; cut < Request.Length; cut++)
        {
            var client = await server.ConnectAsync();
            await client.SendAsync("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n" + Request[..cut]);
            client.Finish();
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("Host: a\n"), $"cut at {cut}");
            Assert.That(await client.ReadToEndAsync(), Is.AnyOf("", "HTTP/1.1 100 Continue\r\n\r\n"), $"cut at {cut}");
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Reader_may_leave_after_every_byte_of_head_and_first_block(bool resets)
    {
        const string Subscribe = "GET /events/a HTTP/1.1\r\nHost: localhost\r\n\r\n";
        await using var server = new ServerUnderTest();
        var length = await MeasureStartAsync(server, Subscribe);
        Assert.That(length, Is.GreaterThan(300));
        for (var read = 0; read <= length; read++)
        {
            using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
            await client.SendAsync(Subscribe);
            Assert.That(await client.ReadAsync(read), Has.Length.EqualTo(read));
            if (resets) client.Reset();
        }

        await server.HasStreamsAsync(0);
        var reader = await server.SubscribeAsync("/events/a");
        await server.PublishAsync("/events/a", "still here");
        Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("still here"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Publisher_may_leave_after_every_byte(bool resets)
    {
        const string Publish = "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/event-stream\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "b\r\ndata: 1\n\nid\r\n8\r\n: 2\ndata\r\n6\r\n: 3\n\n\n\r\n0\r\n\r\n";
        await using var server = new ServerUnderTest();
        var reader = await server.SubscribeAsync("/events/a");
        for (var cut = 0; cut < Publish.Length; cut++)
        {
            using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
            await client.SendAsync(Publish[..cut]);
            if (resets)
            {
                client.Reset();
                continue;
            }

            client.Finish();
            Assert.That(await client.ReadToEndAsync(), Is.Empty);
        }

        await server.HasConnectionsAsync(1);
        await server.PublishAsync("/events/a", "last");
        EventBlock? block;
        do
        {
            block = await reader.ReadEventAsync();
            Assert.That(block!.Data, Is.AnyOf("1", "3", "last"));
        }
        while (block.Data != "last");
    }

    private static async Task<int> MeasureStartAsync(ServerUnderTest server, string subscribe)
    {
        using var client = await TestClient.ConnectAsync(server.EndPoint, 0);
        await client.SendAsync(subscribe);
        var head = await client.ReadHeadAsync();
        var block = new StringBuilder();
        while (!block.ToString().EndsWith("\n\n", StringComparison.Ordinal)) block.Append(await client.ReadTextAsync(1));
        return head.Length + block.Length;
    }

    private static async Task IsServedAsync(TestServer server)
    {
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("Host: a\n"));
    }
}
