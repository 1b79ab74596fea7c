using System.Buffers;
using SseServer.Tests.Support;
using SseServer.Transport;
using SseServer.Transport.Channels;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class ConnectionOutputTests(bool tls)
{
    [Test]
    public async Task Partial_write_resumes_at_its_offset()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var first = Noise(1, 5_000_000);
        var second = Noise(2, 3_000_000);
        var writing = WriteBothAsync();
        await Eventually.HoldsAsync(() => output.IsPending, "a pending send");
        var read = await client.ReadAsync(first.Length + second.Length);
        Assert.That(await writing, Is.False);
        Assert.That(read.AsSpan(0, first.Length).SequenceEqual(first), Is.True);
        Assert.That(read.AsSpan(first.Length).SequenceEqual(second), Is.True);
        Assert.That(output.IsPending, Is.False);

        async Task<bool> WriteBothAsync()
        {
            await output.WriteAsync(first);
            return (await output.WriteAsync(second)).IsCompleted;
        }
    }

    [Test]
    public async Task Buffered_bytes_leave_before_those_written_after_them()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var buffered = Noise(1, 3_000_000);
        var written = Noise(2, 100_000);
        output.Write(buffered);
        Assert.That(output.UnflushedBytes, Is.EqualTo(buffered.Length));
        var writing = output.WriteAsync(written).AsTask();
        var read = await client.ReadAsync(buffered.Length + written.Length);
        await writing.Soon();
        Assert.That(read.SequenceEqual(buffered.Concat(written)), Is.True);
        Assert.That(output.UnflushedBytes, Is.Zero);
    }

    [Test]
    public async Task Nothing_may_be_written_while_a_send_is_pending()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var bytes = Noise(1, 8_000_000);
        var pending = output.WriteAsync(bytes).AsTask();
        Assert.That(output.IsPending, Is.True);
        Assert.That(() => output.TrySend("x"u8), Throws.InvalidOperationException);
        Assert.That(() => output.GetMemory(), Throws.InvalidOperationException);
        Assert.That(() => output.FlushAsync(), Throws.InvalidOperationException);
        Assert.That(() => output.WriteAsync(bytes), Throws.InvalidOperationException);
        Assert.That((await client.ReadAsync(bytes.Length)).SequenceEqual(bytes), Is.True);
        await pending.Soon();
    }

    [Test]
    public async Task TrySend_takes_what_fits_and_never_waits()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var bytes = Noise(1, 8_000_000);
        var sent = 0;
        int taken;
        while ((taken = output.TrySend(bytes.AsSpan(sent))) > 0) sent += taken;
        Assert.That(taken, Is.Zero);
        Assert.That(sent, Is.InRange(1, bytes.Length - 1));
        Assert.That((await client.ReadAsync(sent)).AsSpan().SequenceEqual(bytes.AsSpan(0, sent)), Is.True);
        Assert.That(output.IsPending, Is.False);
    }

    [Test]
    public async Task TrySend_refuses_to_overtake_buffered_bytes()
    {
        await using var server = new TestServer(tls);
        var (_, output) = await OpenAsync(server);
        output.Write("x"u8);
        Assert.That(() => output.TrySend("y"u8), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Broken_connection_is_a_value()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        handler.EndWhenLeft = null;
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();
        var connection = await handler.Ready;
        client.Reset();
        await handler.Left;
        Assert.That(connection.Output.TrySend("x"u8), Is.EqualTo(-1));
        Assert.That((await connection.Output.WriteAsync("x"u8.ToArray())).IsCompleted, Is.True);
        connection.Output.Write("x"u8);
        Assert.That((await connection.Output.FlushAsync()).IsCompleted, Is.True);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.PeerReset));
        connection.EndStream(StreamEnd.Abort);
    }

    [Test]
    public async Task Reader_that_takes_nothing_is_cut_off()
    {
        await using var server = new TestServer(tls);
        var (_, output) = await OpenAsync(server);
        var connection = server.Connection;
        var pending = output.WriteAsync(Noise(1, 8_000_000)).AsTask();
        await Eventually.HoldsAsync(() => output.IsPending, "a pending send");
        server.Time.Advance(server.Options.StalledWriteTimeout - TimeSpan.FromSeconds(2));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
        await Eventually.HoldsAsync(() => { server.Time.Advance(TimeSpan.FromSeconds(3)); return pending.IsCompleted; }, "an end");
        Assert.That((await pending.Soon()).IsCompleted, Is.True);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.StalledReader));
        await server.EmptyAsync();
    }

    [Test]
    public async Task Reader_that_takes_little_at_a_time_is_not_cut_off()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var bytes = Noise(1, 8_000_000);
        var pending = output.WriteAsync(bytes).AsTask();
        var read = new List<byte>();
        while (read.Count < bytes.Length)
        {
            read.AddRange(await client.ReadAsync(1_000_000));
            await Eventually.HoldsAsync(() => output.PendingSince == server.Time.GetTimestamp() || !output.IsPending, "progress");
            server.Time.Advance(server.Options.StalledWriteTimeout - TimeSpan.FromSeconds(2));
        }

        Assert.That((await pending.Soon()).IsCompleted, Is.False);
        Assert.That(read.SequenceEqual(bytes), Is.True);
    }

    [Test]
    public async Task CancelPendingFlush_ends_the_send_and_the_connection()
    {
        await using var server = new TestServer(tls);
        var (_, output) = await OpenAsync(server);
        var connection = server.Connection;
        var pending = output.WriteAsync(Noise(1, 8_000_000)).AsTask();
        output.CancelPendingFlush();
        Assert.That((await pending.Soon()).IsCompleted, Is.True);
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.WriteCanceled));
    }

    [Test]
    public async Task CompleteAsync_waits_for_the_pending_send()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        var bytes = Noise(1, 5_000_000);
        var pending = output.WriteAsync(bytes).AsTask();
        var completion = output.CompleteAsync().AsTask();
        Assert.That(completion.IsCompleted, Is.False);
        Assert.That((await client.ReadAsync(bytes.Length)).SequenceEqual(bytes), Is.True);
        await completion.Soon();
        await pending.Soon();
    }

    [Test]
    public async Task Write_that_the_kernel_takes_at_once_allocates_nothing()
    {
        await using var server = new TestServer(tls);
        var (client, output) = await OpenAsync(server);
        ReadOnlyMemory<byte> frame = Noise(1, 128);
        var allocated = 0L;
        for (var i = 0; i < 20; i++)
        {
            // The first rounds pay for jitted code and the pool's arrays.
            var before = GC.GetAllocatedBytesForCurrentThread();
            await output.WriteAsync(frame);
            frame.Span.CopyTo(output.GetSpan(128));
            output.Advance(128);
            await output.FlushAsync();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            await client.ReadAsync(256);
        }

        Assert.That(allocated, Is.Zero);
    }

    private static async Task<(TestClient Client, ConnectionOutput Output)> OpenAsync(TestServer server)
    {
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync(receiveBuffer: 64 * 1024);
        await client.SendAsync("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadHeadAsync();
        return (client, (await handler.Ready).Output);
    }

    private static byte[] Noise(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
