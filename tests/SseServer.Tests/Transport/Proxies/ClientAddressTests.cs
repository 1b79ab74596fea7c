using System.Net;
using SseServer.Transport;
using SseServer.Transport.Proxies;

namespace SseServer.Tests.Transport.Proxies;

/// <summary>
/// The client that a request is attributed to, by its fields. The proxy is 127.0.0.1, as is every client of these tests.
/// </summary>
public sealed class ClientAddressTests
{
    private static readonly ProxyOptions Trusting = new()
    {
        Trusted = [IPNetwork.Parse("127.0.0.1/32"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")],
    };

    [TestCase("", "127.0.0.1")]
    [TestCase("X-Forwarded-For: 1.1.1.1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6, 1.1.1.1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.1.1.1, fd00::1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 10.2.2.2, 10.1.1.1", "10.2.2.2")]
    [TestCase("X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 1.1.1.1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 1.1.1.1|x-forwarded-for: 10.1.1.1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6, nonsense", "127.0.0.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6, unknown, 10.1.1.1", "10.1.1.1")]
    [TestCase("X-Forwarded-For: ::ffff:1.1.1.1", "1.1.1.1")]
    [TestCase("X-Forwarded-For: 2001:db8::1", "2001:db8::1")]
    [TestCase("X-Forwarded-For:", "127.0.0.1")]
    [TestCase("Forwarded: for=6.6.6.6", "127.0.0.1")]
    public async Task Behind_a_trusted_proxy_it_is_the_last_who_is_not_trusted(string fields, string client) =>
        Assert.That(await AskAsync(Trusting, fields), Is.EqualTo(client));

    [TestCase("Forwarded: for=6.6.6.6, for=1.1.1.1;proto=https, for=\"[fd00::1]:80\"", "1.1.1.1")]
    [TestCase("Forwarded: for=6.6.6.6, for=_hidden", "127.0.0.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6", "127.0.0.1")]
    [TestCase("X-Forwarded-For: 6.6.6.6|Forwarded: for=1.1.1.1", "1.1.1.1")]
    public async Task Only_the_field_that_proxies_write_is_read(string fields, string client) =>
        Assert.That(await AskAsync(Trusting with { UsesForwarded = true }, fields), Is.EqualTo(client));

    [TestCase("X-Forwarded-For: 6.6.6.6")]
    [TestCase("Forwarded: for=6.6.6.6")]
    public async Task Nobody_is_believed_by_default(string fields) =>
        Assert.That(await AskAsync(ProxyOptions.Default, fields), Is.EqualTo("127.0.0.1"));

    [Test]
    public async Task Each_request_of_a_connection_has_its_own()
    {
        await using var server = Start(Trusting);
        var client = await server.ConnectAsync();
        foreach (var address in new[] { "1.1.1.1", "2.2.2.2" })
        {
            await client.SendAsync($"GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {address}\r\n\r\n");
            Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo(address));
        }
    }

    private static async Task<string> AskAsync(ProxyOptions proxies, string fields)
    {
        await using var server = Start(proxies);
        var client = await server.ConnectAsync();
        var lines = string.Concat(fields.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(field => field + "\r\n"));
        await client.SendAsync($"GET /who HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        return (await client.ReadReplyAsync()).Body;
    }

    private static TestServer Start(ProxyOptions proxies)
    {
        var server = new TestServer(new TransportOptions { Proxies = proxies });
        server.Application.Handlers["/who"] = exchange =>
        {
            exchange.StartReply(200);
            exchange.EndReply("text/plain"u8, System.Text.Encoding.ASCII.GetBytes(exchange.ClientAddress.ToString()));
            return ValueTask.CompletedTask;
        };
        return server;
    }
}
