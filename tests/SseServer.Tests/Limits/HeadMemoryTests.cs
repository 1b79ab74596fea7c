using System.Text;
using SseServer.Tests.Support;
using SseServer.Tests.Transport;
using SseServer.Transport;
using SseServer.Transport.Limits;

namespace SseServer.Tests.Limits;

/// <summary>
/// The memory of unfinished heads: without a bound, a head of 32 KB on each of some thousand connections takes all memory before the heads
/// time out.
/// </summary>
[Parallelizable(ParallelScope.All)]
internal sealed class HeadMemoryTests
{
    // Three heads of 20 KB, which count twice.
    private const int MaxBytes = 128 * 1024;

    [Test]
    public async Task Oldest_unfinished_heads_are_given_up_for_newer_ones_and_get_an_answer()
    {
        await using var server = new TestServer(new TransportOptions { MaxHeadMemory = MaxBytes });
        var clients = new List<TestClient>();
        for (var i = 0; i < 8; i++)
        {
            clients.Add(await server.ConnectAsync());
            await clients[i].SendAsync(Head(20_000));
            if (i >= 3) Assert.That((await clients[i - 3].ReadReplyAsync()).Status, Is.EqualTo(408), $"head {i - 3}");
            Assert.That(server.Transport.HeadBytes, Is.LessThanOrEqualTo(MaxBytes));
            // The oldest one is answered as soon as the first part of this one has arrived.
            await Eventually.HoldsAsync(() => server.Transport.HeadBytes == 40_000 * Math.Min(i + 1, 3), "the whole head counts");
        }

        for (var i = 5; i < 8; i++)
        {
            await clients[i].SendAsync("\r\n\r\n");
            Assert.That((await clients[i].ReadReplyAsync()).Status, Is.EqualTo(200), $"head {i}");
        }

        Assert.That(server.Transport.HeadBytes, Is.Zero);
    }

    [Test]
    public async Task Head_that_fits_into_the_read_buffer_does_not_count()
    {
        await using var server = new TestServer(new TransportOptions { MaxHeadMemory = 1 });
        var first = await server.ConnectAsync();
        await first.SendAsync(Head(3000));
        await server.WaitingForAsync(DeadlineKind.Head);
        var second = await server.ConnectAsync();
        await second.SendAsync(Head(20_000) + "\r\n\r\n");
        Assert.That((await second.ReadReplyAsync()).Status, Is.EqualTo(200));
        await first.SendAsync("\r\n\r\n");
        Assert.That((await first.ReadReplyAsync()).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Head_that_is_left_unfinished_counts_until_its_connection_ends()
    {
        await using var server = new TestServer();
        var client = await server.ConnectAsync();
        await client.SendAsync(Head(20_000));
        await Eventually.HoldsAsync(() => server.Transport.HeadBytes >= 40_000, "the head counts");
        client.Reset();
        await Eventually.HoldsAsync(() => server.Transport.HeadBytes == 0, "nothing counts");
    }

    // A few heads grow and end in every order: the sum of the rest is counted, within the bound unless one alone exceeds it.
    [Test]
    public void What_counts_is_what_the_heads_that_are_left_hold([Range(0, 40)] int seed)
    {
        const int max = 40 * 1024;
        var random = new Random(seed);
        var memory = new HeadMemory(max);
        var given = new HashSet<int>();
        var held = new Dictionary<int, long>();
        var order = new List<int>();
        var entries = Enumerable.Range(0, 6).Select(i => new HeadMemory.Entry(() => given.Add(i))).ToArray();
        for (var step = 0; step < 200; step++)
        {
            var i = random.Next(entries.Length);
            given.Clear();
            if (random.Next(3) == 0)
            {
                memory.Release(entries[i]);
                held.Remove(i);
                order.Remove(i);
            }
            else
            {
                var bytes = held.GetValueOrDefault(i) + random.Next(1, 10) * 2048;
                memory.Hold(entries[i], bytes / 2);
                var expected = new HashSet<int>();
                if (bytes > HeadMemory.FreeBytes)
                {
                    held[i] = bytes;
                    if (!order.Contains(i)) order.Add(i);
                }

                while (bytes > HeadMemory.FreeBytes && held.Values.Sum() > max && order[0] != i)
                {
                    expected.Add(order[0]);
                    held.Remove(order[0]);
                    order.RemoveAt(0);
                }

                Assert.That(given, Is.EquivalentTo(expected), $"step {step}");
            }

            Assert.That(memory.HeldBytes, Is.EqualTo(held.Values.Sum()), $"step {step}");
        }
    }

    private static string Head(int bytes)
    {
        var head = new StringBuilder("GET / HTTP/1.1\r\nHost: a\r\nX-Long: ");
        return head.Append('a', bytes - head.Length).ToString();
    }
}
