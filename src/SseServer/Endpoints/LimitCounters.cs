using Microsoft.Extensions.Logging;

namespace SseServer.Endpoints;

/// <summary>
/// How often each limit refused something. The first time is logged, and then each limit has at most one line a minute, with the number of
/// refusals since its last: an attack fills no log. Safe on any thread.
/// </summary>
internal sealed class LimitCounters(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly Counter[] _counters = new Counter[LimitNames.All.Count + 1];

    private struct Counter
    {
        public long Refused;
        public long Soft;
        public long Logged;
        public long LogDue;
    }

    /// <summary>Refusals of every kind.</summary>
    public long Refused(Limit limit) => Volatile.Read(ref _counters[(int)limit].Refused);

    /// <summary>Refusals that were told as an event stream which paces the client's return. <see cref="Limit.None"/> stands for those of a draining server.</summary>
    public long Soft(Limit limit) => Volatile.Read(ref _counters[(int)limit].Soft);

    /// <summary>Takes note of a refusal told as an event stream.</summary>
    public void CountSoft(Limit limit) => Interlocked.Increment(ref _counters[(int)limit].Soft);

    /// <summary>Takes note of a refusal of any kind.</summary>
    public void Count(Limit limit)
    {
        if (limit == Limit.None) return;
        ref var counter = ref _counters[(int)limit];
        var refused = Interlocked.Increment(ref counter.Refused);
        var now = time.GetTimestamp();
        var due = Volatile.Read(ref counter.LogDue);
        if (due != 0 && now < due) return;
        var next = now + (long)(LogInterval.TotalSeconds * time.TimestampFrequency);
        if (Interlocked.CompareExchange(ref counter.LogDue, next, due) != due) return;
        var since = refused - Interlocked.Exchange(ref counter.Logged, refused);
        EndpointLog.LimitReached(logger, LimitNames.Label(limit), since, LimitNames.Setting(limit));
    }
}
