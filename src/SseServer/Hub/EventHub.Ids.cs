using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Hub;

// Which ids are places of this history, and which only look like it.
internal sealed partial class EventHub
{
    // A jump of ids that is no larger is not looked at: under load a publish costs no more than before.
    private const long UnwatchedIds = 100L << EventId.SequenceBits;

    private readonly GivenIds _given;
    private readonly ClockSteps _clock;

    /// <summary>
    /// Looks whether the clock was set forward since an id was last given: ids that it skipped were given by nobody here. Called before
    /// ids are given, by whoever gives them:
    /// what was given before is at or below <paramref name="last"/>, and what follows is at or above the first id of now.
    /// </summary>
    private void WatchClockUnderLock(EventId last, long nowMilliseconds)
    {
        var next = EventId.FirstAt(nowMilliseconds);
        if (next.Value - last.Value <= UnwatchedIds || !_clock.TryFind(nowMilliseconds, out var expected)) return;
        var through = EventId.FirstAt(expected);
        if (through < last) through = last;
        if (through < next) _given.Skip(through, next);
    }

    /// <summary>For the sequencer, which gives ids without the lock while nobody else does.</summary>
    internal void WatchClock(EventId last, long nowMilliseconds)
    {
        lock (_gate) WatchClockUnderLock(last, nowMilliseconds);
    }

    /// <summary>Adds to a commit the skips that its events came after.</summary>
    internal void AddSkips(EventId through, List<IdSkip> skips)
    {
        lock (_gate) _given.AddUnstored(through, skips);
    }
}
