using System.Buffers;
using System.Text;

namespace SseServer.Tests.Transport;

/// <summary>
/// A thread that receives bytes does so for many connections. One peer that sends faster than it is served held it for as long as it
/// liked, and the others waited for seconds.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class TurnTests(bool tls)
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task Body_that_comes_faster_than_it_is_read_gives_others_a_turn(bool isChunked)
    {
        const int length = 2_000_000;
        await using var server = new TestServer(tls);
        var (taken, longest) = (0L, 0L);
        server.Application.Handlers["/a"] = async exchange =>
        {
            var turns = new Turns();
            SynchronizationContext.SetSynchronizationContext(turns);
            exchange.Body.MaxBytes = length;
            var (turn, inTurn) = (-1, 0L);
            while (taken < length)
            {
                var buffer = new ArrayBufferWriter<byte>();
                await exchange.Body.ReadAsync(buffer);
                if (turn != turns.Count) (turn, inTurn) = (turns.Count, 0);
                taken += buffer.WrittenCount;
                inTurn += buffer.WrittenCount;
                longest = Math.Max(longest, inTurn);
                // Slow enough for the kernel to have more whenever it is asked.
                if (taken > 100_000) Thread.SpinWait(20_000);
            }

            SynchronizationContext.SetSynchronizationContext(null);
            exchange.StartReply(200);
            exchange.EndReply();
        };
        var client = await server.ConnectAsync();
        var framing = isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n" : $"Content-Length: {length}\r\n\r\n";
        await client.SendAsync($"POST /a HTTP/1.1\r\nHost: a\r\n{framing}");
        await client.SendAsync(new byte[length]);
        if (isChunked) await client.SendAsync("\r\n0\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(200));
        Assert.That(longest, Is.LessThan(160 * 1024), "bytes read without a turn for others");
    }

    [Test]
    public async Task Requests_that_come_faster_than_they_are_answered_give_others_a_turn()
    {
        const int count = 300;
        await using var server = new TestServer(tls);
        var onReceiver = new List<bool>();
        server.Application.Handlers["/a"] = exchange =>
        {
            onReceiver.Add(Environment.StackTrace.Contains("SocketAsyncE", StringComparison.Ordinal));
            exchange.StartReply(200);
            exchange.EndReply();
            return ValueTask.CompletedTask;
        };
        const string request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
        var client = await server.ConnectAsync();
        await client.SendAsync(request);
        await client.ReadReplyAsync();
        onReceiver.Clear();
        var requests = new StringBuilder();
        for (var i = 0; i < count; i++) requests.Append(request);
        await client.SendAsync(requests.ToString());
        for (var i = 0; i < count; i++) await client.ReadReplyAsync();
        Assert.That(onReceiver, Has.Count.EqualTo(count).And.Some.False);
    }

    /// <summary>Counts how often the code under it has given its thread away.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _count);
            ThreadPool.QueueUserWorkItem(_ =>
            {
                SetSynchronizationContext(this);
                d(state);
                SetSynchronizationContext(null);
            });
        }
    }
}
