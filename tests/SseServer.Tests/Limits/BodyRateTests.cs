using System.Buffers;
using SseServer.Tests.Support;
using SseServer.Tests.Transport;
using SseServer.Transport;

namespace SseServer.Tests.Limits;

/// <summary>
/// A body must keep arriving: over any stretch of waiting longer than the longest pause, it brings <see
/// cref="TransportOptions.MinBodyRate"/> bytes per second. What arrived before counts for no more than that pause.
/// </summary>
public sealed class BodyRateTests
{
    private static readonly TransportOptions Options = new() { MaxBodyBytes = 16 * 1024 * 1024 };

    // Bytes at once, then a number of bytes every few seconds. 240 bytes per second are required, 5 s are free, and 30 s is the longest
    // pause.
    [TestCase(0, 1, 4, 6)]
    [TestCase(240, 1, 4, 7)]
    [TestCase(240 * 10, 1, 19, 16)]
    [TestCase(240 * 1000, 1, 19, 31)]
    [TestCase(1024 * 1024, 1, 19, 31)]
    [TestCase(1024 * 1024, 1, 29, 31)]
    [TestCase(1024 * 1024, 120 * 10, 10, 50)]
    [TestCase(1024 * 1024, 239 * 10, 10, 4810)]
    public async Task Bytes_that_came_early_keep_no_trickle_alive(int atOnce, int bytes, int every, int seconds)
    {
        await using var server = new TestServer(Options);
        var received = Count(server);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 16000000\r\n\r\n");
        await client.SendAsync(new byte[atOnce]);
        var sent = atOnce;
        var passed = 0;
        while (true)
        {
            await Eventually.HoldsAsync(() => received() == sent && server.Connection.Waiting == DeadlineKind.Body, "a wait for more");
            for (var step = 0; step < every && server.Connection.CloseReason == CloseReason.None; step++, passed++)
                server.Time.Advance(TimeSpan.FromSeconds(1));
            if (server.Connection.CloseReason != CloseReason.None) break;
            Assert.That(passed, Is.LessThan(seconds + every + 1), "it is kept for too long");
            await client.SendAsync(new byte[bytes]);
            sent += bytes;
        }

        Assert.That(server.Connection.CloseReason, Is.EqualTo(CloseReason.BodyTimeout));
        Assert.That(passed, Is.InRange(seconds - 1, seconds + every));
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(408));
    }

    [Test]
    public async Task Body_at_the_rate_is_kept_for_as_long_as_it_takes()
    {
        await using var server = new TestServer(Options);
        var received = Count(server);
        var client = await server.ConnectAsync();
        await client.SendAsync("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 720000\r\n\r\n");
        for (var sent = 0; sent < 720_000;)
        {
            await client.SendAsync(new byte[2400]);
            sent += 2400;
            await Eventually.HoldsAsync(() => received() == sent, "what was sent");
            server.Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(200));
    }

    private static Func<int> Count(TestServer server)
    {
        var received = 0;
        server.Application.Handlers["/count"] = async exchange =>
        {
            var sink = new ArrayBufferWriter<byte>();
            BodyReadResult read;
            do
            {
                read = await exchange.Body.ReadAsync(sink);
                Interlocked.Add(ref received, sink.WrittenCount);
                sink.ResetWrittenCount();
            }
            while (read.Status == BodyReadStatus.Data);
            exchange.StartReply(read.Status == BodyReadStatus.TimedOut ? 408 : 200);
            exchange.EndReply();
        };
        return () => Volatile.Read(ref received);
    }
}
