using System.Net;
using Microsoft.Extensions.Logging;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>
/// A transport on a loopback port that the system chooses, in fake time. Disposing of it checks that everything borrowed was returned.
/// </summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly List<TestClient> _clients = [];

    private readonly bool _tls;

    public TestServer(TransportOptions? options = null, IHttpApplication? application = null)
        : this(false, options, application)
    {
    }

    public TestServer(bool tls, TransportOptions? options = null, IHttpApplication? application = null)
    {
        _tls = tls;
        Options = options ?? new TransportOptions();
        if (tls && Options.Tls is null) Options = Options with { Tls = TestCertificates.Options };
        Transport = new TransportServer(Options, application ?? Application, Time, Log);
        IPEndPoint[] endPoints = [new(IPAddress.Loopback, 0)];
        if (tls) Transport.Start([], endPoints);
        else Transport.Start(endPoints);
    }

    public TransportOptions Options { get; }

    /// <summary>What is served unless the test has an application of its own.</summary>
    public TestApplication Application { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public RecordingLogger Log { get; } = new();

    /// <summary>How many errors the test provokes.</summary>
    public int ExpectedErrors { get; set; }

    public TransportServer Transport { get; }

    public IPEndPoint EndPoint => Transport.Endpoints[0];

    /// <summary>The only open connection.</summary>
    public Connection Connection => Open().Single();

    public async Task<TestClient> ConnectAsync(int receiveBuffer = 0)
    {
        var client = await TestClient.ConnectAsync(EndPoint, receiveBuffer, _tls);
        _clients.Add(client);
        return client;
    }

    /// <summary>Connects without a socket. What is tested with it does not depend on the kernel.</summary>
    public MemoryClientStream ConnectInMemory(IPEndPoint peer)
    {
        var channel = new MemoryChannel(Transport.Buffers, peer);
        Transport.CreateOpener().Open(channel);
        return (MemoryClientStream)channel.Client;
    }

    /// <summary>Replies to requests for a path with a stream.</summary>
    public TestStreamHandler AddStream(string path, bool close = false)
    {
        var handler = new TestStreamHandler();
        Application.Handlers[path] = exchange =>
        {
            if (close) exchange.CloseAfterReply();
            exchange.StartReply(200);
            exchange.Header("Transfer-Encoding"u8, "chunked"u8);
            exchange.TakeOver(handler);
            return ValueTask.CompletedTask;
        };
        return handler;
    }

    public Task WaitingForAsync(DeadlineKind kind) =>
        Eventually.HoldsAsync(() => Open() is [var connection] && connection.Waiting == kind, $"one connection waiting for {kind}");

    public Task EmptyAsync() => Eventually.HoldsAsync(() => Transport.ConnectionCount == 0, "no connection");

    /// <summary>
    /// Advances time, step by step, until no connection is open: bytes of a send that the kernel still accepts count as progress and
    /// postpone the deadline.
    /// </summary>
    public Task AdvanceUntilEmptyAsync(TimeSpan step) => Eventually.HoldsAsync(
        () =>
        {
            Time.Advance(step);
            return Transport.ConnectionCount == 0;
        },
        "no connection");

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        await Transport.DisposeAsync().AsTask().Soon();
        Assert.That(Transport.ConnectionCount, Is.Zero, "connections left open");
        var errors = Log.Entries.Where(entry => entry.Level >= LogLevel.Error).ToList();
        Assert.That(errors, Has.Count.EqualTo(ExpectedErrors));

        // A send in progress when its connection was cut off returns its buffer when the system reports the end of the send.
        await Eventually.HoldsAsync(() => Transport.Buffers.Outstanding == 0, "arrays and operations returned");
    }

    private List<Connection> Open()
    {
        var open = new List<Connection>();
        foreach (var connection in Transport.Connections)
        {
            if (connection is not null) open.Add(connection);
        }

        return open;
    }
}
