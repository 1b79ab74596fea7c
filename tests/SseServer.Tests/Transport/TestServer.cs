using System.Net;
using Microsoft.Extensions.Logging;
using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>
/// A transport on a loopback port of the system's choice, in fake time. Disposing of it checks that nothing borrowed stayed out.
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

    /// <summary>What is served unless the test brings an application of its own.</summary>
    public TestApplication Application { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public RecordingLogger Log { get; } = new();

    /// <summary>How many mistakes of ours the test provokes.</summary>
    public int ExpectedErrors { get; set; }

    public TransportServer Transport { get; }

    public IPEndPoint EndPoint => Transport.Endpoints[0];

    /// <summary>The one connection that is open.</summary>
    public Connection Connection => Open().Single();

    public async Task<TestClient> ConnectAsync(int receiveBuffer = 0)
    {
        var client = await TestClient.ConnectAsync(EndPoint, receiveBuffer, _tls);
        _clients.Add(client);
        return client;
    }

    /// <summary>Replies to a path by handing the connection to a stream.</summary>
    public TestStreamHandler AddStream(string path, bool close = false)
    {
        var peer = new TestStreamHandler();
        Application.Handlers[path] = exchange =>
        {
            if (close) exchange.CloseAfterReply();
            exchange.StartReply(200);
            exchange.Header("Transfer-Encoding"u8, "chunked"u8);
            exchange.TakeOver(peer);
            return ValueTask.CompletedTask;
        };
        return peer;
    }

    public Task WaitingForAsync(DeadlineKind kind) =>
        Eventually.HoldsAsync(() => Open() is [var connection] && connection.Waiting == kind, $"one connection waiting for {kind}");

    public Task EmptyAsync() => Eventually.HoldsAsync(() => Transport.ConnectionCount == 0, "no connection");

    /// <summary>
    /// Lets time pass, step by step, until no connection is open: what the kernel still takes of a send counts as progress, and
    /// moves a deadline on.
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

        // A send that was underway when its connection was cut off gives back what it has when the system says that it ended.
        await Eventually.HoldsAsync(() => Transport.Buffers.Outstanding == 0, "arrays and operations given back");
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
