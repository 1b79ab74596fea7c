using Microsoft.Extensions.Logging;
using SseServer.Transport.Limits;
using SseServer.Transport.Proxies;
using SseServer.Transport.Tls;

namespace SseServer.Transport;

/// <summary>What all connections of one server share. Immutable but for the drain; safe on any thread.</summary>
internal sealed class TransportContext(TransportOptions options, IHttpApplication application, TimeProvider time, ILogger logger)
{
    private long _lastConnectionId;
    private bool _draining;

    public TransportOptions Options { get; } = options;

    public IHttpApplication Application { get; } = application;

    public TimeProvider Time { get; } = time;

    public ILogger Logger { get; } = logger;

    public TransportBuffers Buffers { get; } = new();

    public TransportCounters Counters { get; } = new();

    /// <summary>The certificate of listeners with TLS; null where there are none.</summary>
    public CertificateWatcher? Certificates { get; } = options.Tls is null ? null : new(options.Tls, time, logger);

    public TrustedProxies Proxies { get; } = new(options.Proxies);

    public ConnectionLimits Limits { get; } = new(DescriptorBudget.Bound(options.MaxConnections), options.MaxConnectionsPerAddress);

    public HeadMemory Heads { get; } = new(options.MaxHeadMemory);

    public ConnectionTable Connections { get; } = new();

    public DateHeader Date { get; } = new(time);

    /// <summary>Once true, connections close after the reply underway. It never becomes false again.</summary>
    public bool IsDraining => Volatile.Read(ref _draining);

    /// <summary>Whether connections that come during the drain have their first request answered.</summary>
    public bool AnswersWhileDraining { get; private set; }

    // A full fence: a connection arms its deadline and then reads the flag, the drain sets the flag and then looks for deadlines.
    public void BeginDrain(bool answersNewcomers)
    {
        AnswersWhileDraining = answersNewcomers;
        Interlocked.Exchange(ref _draining, true);
    }

    public long NextConnectionId() => Interlocked.Increment(ref _lastConnectionId);

    /// <summary>The timestamp that lies <paramref name="span"/> ahead.</summary>
    public long After(TimeSpan span) => Time.GetTimestamp() + ToTicks(span);

    /// <summary>A span in the time provider's ticks.</summary>
    public long ToTicks(TimeSpan span) => (long)(span.TotalSeconds * Time.TimestampFrequency);
}
