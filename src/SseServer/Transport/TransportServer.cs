using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SseServer.Transport.Channels;
using SseServer.Transport.Limits;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>
/// Puts the transport together: listens, accepts, sweeps and drains. Started once and drained once; otherwise safe on any thread.
/// </summary>
internal sealed class TransportServer : IAsyncDisposable
{
    // Deadlines are counted in seconds.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TransportOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TrustedProxies _proxies;
    private readonly ConnectionLimits _limits;
    private readonly HeadMemory _heads;
    private readonly CertificateWatcher? _certificates;
    private readonly DrainState _drain = new();
    private readonly ConnectionTable _connections = new();
    private readonly ConnectionContext _context;
    private readonly TransportMetrics _metrics;
    private readonly List<AcceptLoop> _loops = [];
    private readonly TaskCompletionSource<IOException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _sweepTimer;
    private int _sweeping;
    private int _stopped;
    private bool _drained;

    public TransportServer(TransportOptions options, IHttpApplication application, TimeProvider time, ILogger<TransportServer> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _proxies = new TrustedProxies(options.Proxies);
        _limits = new ConnectionLimits(DescriptorBudget.Bound(options.MaxConnections), options.MaxConnectionsPerAddress);
        _heads = new HeadMemory(options.MaxHeadMemory);
        _certificates = options.Tls is null ? null : new CertificateWatcher(options.Tls, time, logger);
        _metrics = new TransportMetrics(_connections, Counters);
        var services = new RequestServices(options, application, _heads, _proxies, new DateHeader(time), _drain, time, logger);
        _context = new ConnectionContext(
            options, time, logger, Buffers, _drain, connection => RequestLoop.Start(connection, services), OnClosed);
    }

    /// <summary>Where it listens, with the ports that the system chose in place of 0.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>The instruments of connections.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>Bytes that unfinished heads hold, as far as they are counted.</summary>
    public long HeadBytes => _heads.HeldBytes;

    public int ConnectionCount => _connections.Count;

    /// <summary>How many connections may be open: what is set, or what the limit of open files allows; 0 means unlimited.</summary>
    public int MaxConnections => _limits.MaxConnections;

    /// <summary>Counts of connections since the start.</summary>
    public TransportCounters Counters { get; } = new();

    /// <summary>Completes when a listener can accept no more although it was not stopped; never otherwise.</summary>
    public Task<IOException> Failed => _failed.Task;

    internal TransportBuffers Buffers { get; } = new();

    internal ReadOnlySpan<Connection?> Connections => _connections.Snapshot();

    /// <summary>Listens on all addresses, or on none. An IPv6 address serves IPv6 only.</summary>
    /// <param name="endpoints">Where plain HTTP is served.</param>
    /// <param name="tlsEndpoints">
    /// Where TLS is; it needs <see cref="TransportOptions.Tls"/>. <see cref="Endpoints"/> has these last.
    /// </param>
    /// <exception cref="ListenException">An address is in use, is not of this machine, or is not permitted.</exception>
    public void Start(IReadOnlyList<IPEndPoint> endpoints, IReadOnlyList<IPEndPoint>? tlsEndpoints = null)
    {
        try
        {
            foreach (var endpoint in endpoints) _loops.Add(Listen(endpoint, isTls: false));
            foreach (var endpoint in tlsEndpoints ?? []) _loops.Add(Listen(endpoint, isTls: true));
        }
        catch
        {
            foreach (var loop in _loops) loop.Dispose();
            _loops.Clear();
            throw;
        }

        if (_limits.MaxConnections != _options.MaxConnections) TransportLog.DescriptorLimit(_logger, _limits.MaxConnections);
        Endpoints = _loops.ConvertAll(loop => loop.EndPoint);
        _sweepTimer = _time.CreateTimer(static server => ((TransportServer)server!).Sweep(), this, SweepInterval, SweepInterval);
        foreach (var (index, loop) in _loops.Index())
        {
            if (index >= endpoints.Count) TransportLog.ListeningWithTls(_logger, loop.EndPoint);
            else TransportLog.Listening(_logger, loop.EndPoint);
            loop.Start();
        }
    }

    /// <summary>Closes the listeners: the system refuses further clients, which may try another server.</summary>
    public void StopAccepting()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        foreach (var loop in _loops) loop.Dispose();
        TransportLog.AcceptingStopped(_logger);
    }

    /// <summary>
    /// Closes connections without a request at once and others after their reply, waits at most <paramref name="timeout"/> until all are
    /// closed, then cuts off the rest. The handlers of streams must end those.
    /// </summary>
    /// <param name="timeout">From now until the remaining connections are cut off.</param>
    /// <param name="answersNewcomers">
    /// Whether clients that connect meanwhile get a reply to a request, from an application that knows of the drain. Otherwise the
    /// listeners close first.
    /// </param>
    public async Task DrainAsync(TimeSpan timeout, bool answersNewcomers = false)
    {
        if (!answersNewcomers) StopAccepting();
        _drained = true;
        _drain.Begin(answersNewcomers);
        TransportLog.Draining(_logger, ConnectionCount, timeout);
        var began = _time.GetTimestamp();
        foreach (var connection in _connections.Snapshot()) connection?.Drain();
        var isEmpty = await IsEmptyWithinAsync(timeout);
        StopAccepting();

        // Connections may have arrived after the last one closed and before the listeners did.
        if (isEmpty && await IsEmptyWithinAsync(timeout - _time.GetElapsedTime(began))) return;

        TransportLog.DrainTimeout(_logger, ConnectionCount);
        foreach (var connection in _connections.Snapshot()) connection?.CutOff();

        // Handlers are notified at once; the bound is for one that never ends its stream.
        await IsEmptyWithinAsync(_options.LingerTimeout);
    }

    /// <summary>Cuts off the connections that are still open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_drained) await DrainAsync(TimeSpan.Zero);
        if (_sweepTimer is not null) await _sweepTimer.DisposeAsync();
        _certificates?.Dispose();
        _metrics.Dispose();
    }

    /// <summary>What takes over the connections of a listener.</summary>
    internal ConnectionOpener CreateOpener(bool isTls = false)
    {
        var tls = isTls ? new TlsHandshake(_options.Tls!, _certificates!, Buffers, _logger) : null;
        return new ConnectionOpener(_context, _connections, Counters, _limits, _proxies, tls);
    }

    private AcceptLoop Listen(IPEndPoint endpoint, bool isTls)
    {
        var listener = new TcpListener(endpoint);
        try
        {
            listener.Start(_options.ListenBacklog);
            return new AcceptLoop(listener, CreateOpener(isTls).Open, _time, _logger, _failed);
        }
        catch (Exception e)
        {
            listener.Dispose();
            if (e is SocketException cause) throw new ListenException(endpoint, cause);
            throw;
        }
    }

    private void OnClosed(Connection connection)
    {
        Counters.CountClosed(connection.CloseReason);
        _limits.Leave(connection.Admission, connection.RemoteAddress);
        _connections.Remove(connection);
    }

    private async Task<bool> IsEmptyWithinAsync(TimeSpan timeout)
    {
        var empty = _connections.WhenEmptyAsync();
        if (empty.IsCompleted) return true;
        if (timeout <= TimeSpan.Zero) return false;
        try
        {
            await empty.WaitAsync(timeout, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Sweep()
    {
        // If a sweep takes longer than the interval, the next one is skipped.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        var now = _time.GetTimestamp();
        foreach (var connection in _connections.Snapshot()) connection?.Sweep(now);
        Volatile.Write(ref _sweeping, 0);
    }
}
