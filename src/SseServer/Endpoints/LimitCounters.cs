using Microsoft.Extensions.Logging;

namespace SseServer.Endpoints;

/// <summary>
/// How often each limit refused something. The first time is logged, and then each limit has at most one line a minute, with the number of
/// refusals since its last. Safe on any thread.
/// </summary>
internal sealed class LimitCounters(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    // None is the first.
    private readonly long[] _refused = new long[LimitNames.All.Count + 1];
    private readonly long[] _soft = new long[LimitNames.All.Count + 1];
    private readonly LogThrottle[] _lines = [.. LimitNames.All.Prepend(LimitKind.None).Select(_ => new LogThrottle(time, LogInterval))];

    /// <summary>Refusals of every kind.</summary>
    public long Refused(LimitKind limit) => Volatile.Read(ref _refused[(int)limit]);

    /// <summary>Refusals that were told as an event stream which paces the client's return. <see cref="LimitKind.None"/> stands for those of a draining server.</summary>
    public long Soft(LimitKind limit) => Volatile.Read(ref _soft[(int)limit]);

    /// <summary>Takes note of a refusal told as an event stream.</summary>
    public void CountSoft(LimitKind limit) => Interlocked.Increment(ref _soft[(int)limit]);

    /// <summary>Takes note of a refusal of any kind.</summary>
    public void Count(LimitKind limit)
    {
        if (limit == LimitKind.None) return;
        Interlocked.Increment(ref _refused[(int)limit]);
        if (_lines[(int)limit].TryPass(out var count)) EndpointLog.LimitReached(logger, LimitNames.Label(limit), count, LimitNames.Setting(limit));
    }
}
