using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace SseServer.Transport;

/// <summary>
/// Listens, accepts, sweeps and drains. Started once and drained once; safe on any thread otherwise.
/// </summary>
internal sealed class TransportServer : IAsyncDisposable
{
    // The finest deadline is counted in seconds.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    private readonly TransportContext _context;
    private readonly TransportMetrics _metrics;
    private readonly List<AcceptLoop> _loops = [];
    private ITimer? _sweepTimer;
    private readonly TaskCompletionSource<IOException> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sweeping;
    private int _stopped;
    private bool _drained;

    public TransportServer(TransportOptions options, IHttpApplication application, TimeProvider time, ILogger<TransportServer> logger) =>
        _metrics = new TransportMetrics(_context = new TransportContext(options, application, time, logger));

    /// <summary>Where it listens, with the ports the system chose where 0 was asked for.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints { get; private set; } = [];

    /// <summary>The instruments of connections.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>Bytes that unfinished heads hold, as far as they count.</summary>
    public long HeadBytes => _context.Heads.HeldBytes;

    public int ConnectionCount => _context.Connections.Count;

    /// <summary>Connections at once, by what is set or by the limit of open files; 0 is no bound.</summary>
    public int MaxConnections => _context.Limits.MaxConnections;

    /// <summary>What happened to connections since the start.</summary>
    public TransportCounters Counters => _context.Counters;

    /// <summary>Completes when a listener can accept no more although nobody stopped it; never otherwise.</summary>
    public Task<IOException> Failed => _failed.Task;

    internal TransportBuffers Buffers => _context.Buffers;

    internal ReadOnlySpan<Connection?> Connections => _context.Connections.Snapshot();

    /// <summary>Listens on all addresses, or on none. An IPv6 address serves IPv6 only.</summary>
    /// <param name="endpoints">Where plain HTTP is spoken.</param>
    /// <param name="tlsEndpoints">Where TLS is; it needs <see cref="TransportOptions.Tls"/>. <see cref="Endpoints"/> has these last.</param>
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

        if (_context.Limits.MaxConnections != _context.Options.MaxConnections) TransportLog.DescriptorLimit(_context.Logger, _context.Limits.MaxConnections);
        Endpoints = _loops.ConvertAll(loop => loop.EndPoint);
        _sweepTimer = _context.Time.CreateTimer(static server => ((TransportServer)server!).Sweep(), this, SweepInterval, SweepInterval);
        foreach (var loop in _loops) loop.Start();
    }

    /// <summary>Closes the listeners: further clients are refused by the system, and may try again elsewhere.</summary>
    public void StopAccepting()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0) return;
        foreach (var loop in _loops) loop.Dispose();
        TransportLog.AcceptingStopped(_context.Logger);
    }

    /// <summary>
    /// Closes connections without a request and the others after their reply, waits at most <paramref name="timeout"/> for all to
    /// go, then cuts off the rest. Streams are for their owners to end.
    /// </summary>
    /// <param name="timeout">From now until what remains is cut off.</param>
    /// <param name="answersNewcomers">
    /// Whether those who connect meanwhile have a request answered, by an application that knows of the drain; otherwise the listeners
    /// close first.
    /// </param>
    public async Task DrainAsync(TimeSpan timeout, bool answersNewcomers = false)
    {
        if (!answersNewcomers) StopAccepting();
        _drained = true;
        _context.BeginDrain(answersNewcomers);
        TransportLog.Draining(_context.Logger, ConnectionCount, timeout);
        var began = _context.Time.GetTimestamp();
        foreach (var connection in _context.Connections.Snapshot()) connection?.Drain();
        var isEmpty = await IsEmptyWithinAsync(timeout);
        StopAccepting();
        // Some may have come between the last one that left and the closing of the listeners.
        if (isEmpty && await IsEmptyWithinAsync(timeout - _context.Time.GetElapsedTime(began))) return;

        TransportLog.DrainTimeout(_context.Logger, ConnectionCount);
        foreach (var connection in _context.Connections.Snapshot()) connection?.CutOff();

        // Owners are told at once; the bound is for one that never ends its stream.
        await IsEmptyWithinAsync(_context.Options.LingerTimeout);
    }

    /// <summary>Cuts off what is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_drained) await DrainAsync(TimeSpan.Zero);
        if (_sweepTimer is not null) await _sweepTimer.DisposeAsync();
        _context.Certificates?.Dispose();
        _metrics.Dispose();
    }

    private AcceptLoop Listen(IPEndPoint endpoint, bool isTls)
    {
        try
        {
            return AcceptLoop.Listen(_context, endpoint, isTls, _failed);
        }
        catch (SocketException cause)
        {
            throw new ListenException(endpoint, cause);
        }
    }

    private async Task<bool> IsEmptyWithinAsync(TimeSpan timeout)
    {
        var empty = _context.Connections.WhenEmptyAsync();
        if (empty.IsCompleted) return true;
        if (timeout <= TimeSpan.Zero) return false;
        try
        {
            await empty.WaitAsync(timeout, _context.Time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Sweep()
    {
        // A sweep that takes longer than its interval is not overtaken by the next.
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        var now = _context.Time.GetTimestamp();
        foreach (var connection in _context.Connections.Snapshot()) connection?.Sweep(now);
        Volatile.Write(ref _sweeping, 0);
    }
}
