using System.Net.Sockets;
using System.Security.Authentication;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport.Tls;

/// <summary>What is special about streams over TLS. What they have in common with plain ones is in <see cref="StreamTests"/>.</summary>
public sealed class TlsStreamTests
{
    private const byte Alert = 21;

    [Test]
    public async Task Peer_that_says_goodbye_has_finished()
    {
        await using var server = new TestServer(tls: true);
        var (client, handler, _) = await OpenAsync(server);
        using (client)
        {
            await client.Tls.ShutdownAsync();
            Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerFinished));
        }
    }

    // RFC 8446 section 6.1: close_notify says that nothing more is sent; without it the peer cannot distinguish an end from a truncation.
    [Test]
    public async Task Orderly_end_says_goodbye()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            connection.Output.TrySend("0\r\n\r\n"u8);
            connection.EndStream(StreamEnd.Close);
            Assert.That(await client.ReadToEndAsync(), Is.EqualTo("0\r\n\r\n"u8.ToArray()));
            Assert.That(client.LastRecordType, Is.EqualTo(Alert));
        }
    }

    [Test]
    public async Task Abort_does_not()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            connection.EndStream(StreamEnd.Abort);
            // FIN or RST, whichever comes first.
            await ((Task)client.ReadToEndAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.That(client.LastRecordType, Is.Not.EqualTo(Alert));
        }
    }

    // The kernel takes part of a record, all of its plaintext counts as taken, and the owner ends the stream right then.
    [Test]
    public async Task Record_that_is_held_back_is_delivered_before_the_goodbye()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            var sent = Fill(connection);
            Assert.That(connection.Output.PendingSince, Is.Not.Zero, "a record is held back");
            connection.EndStream(StreamEnd.Close);
            Assert.That(await client.ReadToEndAsync(), Has.Length.EqualTo(sent));
            Assert.That(client.LastRecordType, Is.EqualTo(Alert));
        }

        await server.EmptyAsync();
    }

    [Test]
    public async Task Reader_that_takes_nothing_of_a_record_held_back_is_cut_off()
    {
        await using var server = new TestServer(tls: true);
        var (client, handler, connection) = await OpenAsync(server);
        using (client)
        {
            Fill(connection);
            Assert.That(connection.Output.IsPending, Is.False, "no write is underway, only the TLS layer's rest");
            await server.AdvanceUntilEmptyAsync(server.Options.StalledWriteTimeout + TimeSpan.FromSeconds(1));
            Assert.That(await handler.Left, Is.EqualTo(CloseReason.StalledReader));
        }
    }

    [Test]
    public async Task While_a_record_is_held_back_nothing_is_taken_and_a_write_waits()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            var sent = Fill(connection);
            Assert.That(connection.Output.TrySend("x"u8), Is.Zero);
            var write = connection.Output.WriteAsync("rest"u8.ToArray()).AsTask();
            Assert.That(write.IsCompleted, Is.False);
            await client.ReadTextAsync(sent);
            Assert.That(await client.ReadTextAsync(4), Is.EqualTo("rest"));
            Assert.That((await write.Soon()).IsCompleted, Is.False);
        }
    }

    [Test]
    public async Task Record_that_comes_in_pieces_is_left_in_the_kernel_until_it_is_whole()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            await client.SendAllButOneByteAsync("stray");
            await Phase(connection, ConnectionPhase.StreamStray);
            await server.WaitingForAsync(DeadlineKind.Head);
            server.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.That(connection.Phase, Is.EqualTo(ConnectionPhase.StreamStray));
            await client.SendKeptByteAsync();
            await Eventually.HoldsAsync(
                () =>
                {
                    server.Time.Advance(TimeSpan.FromSeconds(1));
                    return connection.Phase == ConnectionPhase.Stream;
                },
                "the record discarded");
            Assert.That(connection.Waiting, Is.EqualTo(DeadlineKind.None));
        }
    }

    [Test]
    public async Task Record_that_never_becomes_whole_ends_the_stream()
    {
        await using var server = new TestServer(tls: true);
        var (client, handler, _) = await OpenAsync(server);
        using (client)
        {
            await client.SendAllButOneByteAsync("stray");
            await server.WaitingForAsync(DeadlineKind.Head);
            server.Time.Advance(server.Options.HeaderTimeout + TimeSpan.FromSeconds(1));
            Assert.That(await handler.Left, Is.EqualTo(CloseReason.HeaderTimeout));
        }
    }

    [Test]
    public async Task Request_that_is_still_coming_when_the_stream_ends_is_served()
    {
        await using var server = new TestServer(tls: true);
        var (client, _, connection) = await OpenAsync(server);
        using (client)
        {
            connection.Output.TrySend("0\r\n\r\n"u8);
            await client.SendAllButOneByteAsync("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
            await Phase(connection, ConnectionPhase.StreamStray);
            connection.EndStream(StreamEnd.KeepAlive);
            await client.SendKeptByteAsync();
            Assert.That(await client.ReadTextAsync(20), Is.EqualTo("0\r\n\r\nHTTP/1.1 200 OK"));
        }
    }

    [TestCase("1703030020")]
    [TestCase("170303ffff")]
    public async Task Bytes_that_are_no_record_end_the_stream(string header)
    {
        await using var server = new TestServer(tls: true);
        var (client, handler, _) = await OpenAsync(server);
        using (client)
        {
            await client.Socket.SendAsync((byte[])[.. Convert.FromHexString(header), .. new byte[32]]);
            Assert.That(await handler.Left, Is.EqualTo(CloseReason.TlsBroken));
        }
    }

    // Records of every type, none of which was encrypted with the connection's keys: what the TLS layer is left in says no goodbye any
    // more.
    [Test]
    public async Task Record_that_cannot_be_decrypted_ends_a_connection_between_requests(
        [Values(SslProtocols.Tls12, SslProtocols.Tls13)] SslProtocols version,
        [Values("140303000101", "15030300020228", "160303000401020304", "160303000100", "1703030008", "63030300020000")] string record)
    {
        await using var server = new TestServer(tls: true);
        using var client = await TlsClient.ConnectAsync(server.EndPoint, version);
        await client.GetHeadAsync("/a");
        await client.Socket.SendAsync(Convert.FromHexString(record + "0000000000000000"));
        client.Socket.Shutdown(SocketShutdown.Send);
        await server.EmptyAsync();
        Assert.That(server.Transport.Counters.Closed(CloseReason.TlsBroken), Is.EqualTo(1));
    }

    [Test]
    public async Task Bytes_that_are_no_record_end_a_connection_between_requests()
    {
        await using var server = new TestServer(tls: true);
        using var client = await TlsClient.ConnectAsync(server.EndPoint);
        await client.GetHeadAsync("/a");
        var connection = server.Connection;
        await client.Socket.SendAsync(new byte[100]);
        await Eventually.HoldsAsync(() => connection.CloseReason != CloseReason.None, "a reason");
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.TlsBroken));
    }

    private static async Task<(TlsClient Client, TestStreamHandler Handler, Connection Connection)> OpenAsync(TestServer server)
    {
        var handler = server.AddStream("/stream");
        var client = await TlsClient.ConnectAsync(server.EndPoint, SslProtocols.Tls12);
        await client.GetHeadAsync("/stream");
        var connection = await handler.Ready;
        await Phase(connection, ConnectionPhase.Stream);
        return (client, handler, connection);
    }

    /// <summary>Sends until the kernel keeps a record back, and says how many bytes were taken.</summary>
    private static int Fill(Connection connection)
    {
        var record = new byte[16 * 1024];
        var sent = 0;
        while (connection.Output.PendingSince == 0) sent += connection.Output.TrySend(record);
        return sent;
    }

    private static Task Phase(Connection connection, ConnectionPhase phase) =>
        Eventually.HoldsAsync(() => connection.Phase == phase, $"phase {phase}");
}
