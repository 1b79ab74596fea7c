using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

[TestFixture(false)]
[TestFixture(true)]
public sealed class StreamTests(bool tls)
{
    private const string GetStream = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";
    private static readonly byte[] LastChunk = "0\r\n\r\n"u8.ToArray();

    [Test]
    public async Task Owner_gets_the_connection_after_the_head_left_and_writes_to_it()
    {
        await using var server = new TestServer(tls);
        var (client, _, connection) = await OpenAsync(server);
        Assert.That(connection.Output.TrySend("3\r\nabc\r\n"u8), Is.EqualTo(8));
        Assert.That(await client.ReadTextAsync(8), Is.EqualTo("3\r\nabc\r\n"));
    }

    [Test]
    public async Task Owner_is_told_when_the_peer_finishes_and_may_write_once_more()
    {
        await using var server = new TestServer(tls);
        var (client, handler, connection) = await OpenAsync(server, endWhenLeft: null);
        client.Finish();
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerFinished));
        Assert.That(connection.Output.TrySend(LastChunk), Is.EqualTo(5));
        connection.EndStream(StreamEnd.Close);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("0\r\n\r\n"));
        await server.EmptyAsync();
    }

    [Test]
    public async Task Owner_is_told_when_the_peer_resets()
    {
        await using var server = new TestServer(tls);
        var (client, handler, _) = await OpenAsync(server);
        client.Reset();
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerReset));
        await server.EmptyAsync();
    }

    [Test]
    public async Task Peer_that_finished_right_after_its_request_is_noticed_once_the_stream_is_ready()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync();
        await client.SendAsync(GetStream);
        client.Finish();
        await handler.Ready;
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerFinished));
    }

    [Test]
    public async Task Connection_serves_requests_again_after_a_stream()
    {
        await using var server = new TestServer(tls);
        var (client, _, connection) = await OpenAsync(server);
        connection.Output.TrySend(LastChunk);
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That(await client.ReadTextAsync(5), Is.EqualTo("0\r\n\r\n"));
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/next:"));
    }

    // A client may read the last chunk and send its next request before the owner gets to end the stream.
    [Test]
    public async Task Request_sent_before_the_stream_was_ended_is_served()
    {
        await using var server = new TestServer(tls);
        var (client, _, connection) = await OpenAsync(server);
        connection.Output.TrySend(LastChunk);
        Assert.That(await client.ReadTextAsync(5), Is.EqualTo("0\r\n\r\n"));
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
        await Phase(connection, ConnectionPhase.StreamStray);
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("/next:"));
    }

    [Test]
    public async Task Stray_bytes_are_discarded_and_cost_the_connection_its_future()
    {
        await using var server = new TestServer(tls);
        var (client, handler, connection) = await OpenAsync(server);
        await client.SendAsync("stray");
        await Phase(connection, ConnectionPhase.StreamStray);
        server.Time.Advance(TimeSpan.FromSeconds(1));
        await Phase(connection, ConnectionPhase.Stream);
        connection.Output.TrySend(LastChunk);
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("0\r\n\r\n"));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.StreamEnded));
    }

    [Test]
    public async Task Peer_that_leaves_behind_stray_bytes_is_noticed()
    {
        await using var server = new TestServer(tls);
        var (client, handler, connection) = await OpenAsync(server);
        await client.SendAsync("stray");
        await Phase(connection, ConnectionPhase.StreamStray);
        client.Finish();
        await Eventually.HoldsAsync(
            () =>
            {
                server.Time.Advance(TimeSpan.FromSeconds(1));
                return handler.Left.IsCompleted;
            },
            "the peer's leaving is noticed");

        Assert.That(await handler.Left, Is.EqualTo(CloseReason.PeerFinished));
    }

    [TestCase(64, false)]
    [TestCase(65, true)]
    public async Task Stray_bytes_above_the_limit_end_the_stream(int count, bool ends)
    {
        await using var server = new TestServer(tls, new TransportOptions { StrayBytesLimit = 64 });
        var (client, handler, connection) = await OpenAsync(server);
        for (var sent = 0; sent < count; sent++)
        {
            await client.SendAsync("x");
            await Phase(connection, ConnectionPhase.StreamStray);
            server.Time.Advance(TimeSpan.FromSeconds(1));
            if (sent < 64) await Phase(connection, ConnectionPhase.Stream);
        }

        if (ends) Assert.That(await handler.Left, Is.EqualTo(CloseReason.StrayBytes));
        else Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.None));
    }

    [Test]
    public async Task Bytes_that_came_with_the_request_count_as_stray()
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync();
        await client.SendAsync(GetStream + "GET /pipelined HTTP/1.1\r\nHost: a\r\n\r\n");
        var connection = await handler.Ready;
        await client.ReadHeadAsync();
        await Phase(connection, ConnectionPhase.Stream);
        connection.Output.TrySend(LastChunk);
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That(await client.ReadToEndAsync(), Is.EqualTo("0\r\n\r\n"));
    }

    [TestCase("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")]
    [TestCase("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")]
    public async Task Stream_that_ends_the_connection_ends_it_in_spite_of_keep_alive(string request)
    {
        await using var server = new TestServer(tls);
        var handler = server.AddStream("/stream");
        var client = await server.ConnectAsync();
        await client.SendAsync(request);
        var connection = await handler.Ready;
        await client.ReadHeadAsync();
        connection.EndStream(StreamEnd.KeepAlive);
        Assert.That(await client.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    public async Task Orderly_close_delivers_everything()
    {
        var bytes = new byte[1_000_000];
        new Random(1).NextBytes(bytes);
        await using var server = new TestServer(tls);
        var (client, _, connection) = await OpenAsync(server);
        var write = connection.Output.WriteAsync(bytes).AsTask();
        var first = await client.ReadAsync(100_000);
        var rest = client.ReadAsync(int.MaxValue);
        Assert.That((await write).IsCompleted, Is.False);
        connection.EndStream(StreamEnd.Close);
        Assert.That(first.Concat(await rest).SequenceEqual(bytes), Is.True);
        client.Dispose();
        await server.EmptyAsync();
    }

    [Test]
    public async Task Stream_may_be_ended_while_it_is_being_announced()
    {
        await using var server = new TestServer(tls);
        server.Application.Handlers["/stream"] = exchange =>
        {
            exchange.StartReply(200);
            exchange.Header("Transfer-Encoding"u8, "chunked"u8);
            exchange.TakeOver(new BriefHandler());
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(GetStream);
            await client.ReadHeadAsync();
            Assert.That(await client.ReadTextAsync(5), Is.EqualTo("0\r\n\r\n"));
        }
    }

    [Test]
    public async Task Stream_is_ended_once()
    {
        await using var server = new TestServer(tls);
        var (_, _, connection) = await OpenAsync(server);
        connection.EndStream(StreamEnd.Close);
        Assert.That(() => connection.EndStream(StreamEnd.Close), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Abort_from_elsewhere_reaches_the_owner_and_the_first_reason_stays()
    {
        await using var server = new TestServer(tls);
        var (client, handler, connection) = await OpenAsync(server);
        connection.Abort(CloseReason.StalledReader);
        connection.Abort(CloseReason.ServerStopped);
        Assert.That(await handler.Left, Is.EqualTo(CloseReason.StalledReader));
        Assert.That(connection.CloseReason, Is.EqualTo(CloseReason.StalledReader));
        await server.EmptyAsync();
    }

    [Test]
    public async Task Of_many_reasons_given_at_once_one_wins()
    {
        await using var server = new TestServer(tls);
        var (_, _, connection) = await OpenAsync(server);
        var wins = 0;
        Parallel.For(0, 64, i =>
        {
            if (connection.TryRecord((CloseReason)(100 + i))) Interlocked.Increment(ref wins);
        });
        Assert.That(wins, Is.EqualTo(1));
    }

    [Test]
    public async Task Reset_by_abort_is_noticed_between_requests_too()
    {
        await using var server = new TestServer(tls);
        var client = await server.ConnectAsync();
        await client.SendAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.ReadReplyAsync();
        server.Connection.Abort(CloseReason.ServerStopped);
        await server.EmptyAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Owner_that_throws_loses_the_connection(bool whenReady)
    {
        await using var server = new TestServer(tls) { ExpectedErrors = 1 };
        server.Application.Handlers["/stream"] = exchange =>
        {
            exchange.TakeOver(new FaultyHandler(whenReady));
            return ValueTask.CompletedTask;
        };
        var client = await server.ConnectAsync();
        await client.SendAsync(GetStream);
        client.Finish();
        await Eventually.HoldsAsync(() => server.Log.Entries.Any(entry => entry.Id == 1020), "an entry in the log");
        await server.EmptyAsync();
    }

    private static async Task<(TestClient Client, TestStreamHandler Handler, Connection Connection)> OpenAsync(
        TestServer server, StreamEnd? endWhenLeft = StreamEnd.Abort)
    {
        var handler = server.AddStream("/stream");
        handler.EndWhenLeft = endWhenLeft;
        var client = await server.ConnectAsync();
        await client.SendAsync(GetStream);
        var head = await client.ReadHeadAsync();
        Assert.That(head, Does.StartWith("HTTP/1.1 200 OK\r\n").And.EndWith("Transfer-Encoding: chunked\r\n\r\n"));
        var connection = await handler.Ready;
        await Phase(connection, ConnectionPhase.Stream);
        return (client, handler, connection);
    }

    private static Task Phase(Connection connection, ConnectionPhase phase) =>
        Eventually.HoldsAsync(() => connection.Phase == phase, $"phase {phase}");

    /// <summary>Ends its stream before it has really begun.</summary>
    private sealed class BriefHandler : IStreamHandler
    {
        public void OnStreamReady(Connection connection)
        {
            connection.Output.TrySend(LastChunk);
            connection.EndStream(StreamEnd.KeepAlive);
        }

        public void OnPeerClosed(CloseReason reason) => Assert.Fail("told after the end");
    }

    private sealed class FaultyHandler(bool whenReady) : IStreamHandler
    {
        public void OnStreamReady(Connection connection)
        {
            if (whenReady) throw new NotSupportedException("planned");
        }

        public void OnPeerClosed(CloseReason reason) => throw new NotSupportedException("planned");
    }
}
