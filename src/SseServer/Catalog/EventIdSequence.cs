using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// The head, and which ids this history has assigned. Ids rise strictly over all topics, also over restarts; an id that this history never
/// assigned is no resume point, although it may look like one. Under the lock, unless it says "any thread".
/// </summary>
internal sealed class EventIdSequence
{
    // A jump of ids up to this is not checked, so that under load a publish pays nothing for reading the clock.
    private const long UncheckedIds = 100L << EventId.SequenceBits;

    private AssignedIds _assigned;
    private readonly ClockSteps _clock;
    private long _head;

    /// <param name="clock">The clock.</param>
    /// <param name="first">The id before the first that this life of the server assigns. No event has it.</param>
    /// <param name="lives">The ids that earlier lives of this history assigned, and this one's beginning.</param>
    /// <param name="uncleanThrough">Ids up to here may have been shown by a server that crashed before it committed them.</param>
    /// <param name="isStored">Whether there is a store.</param>
    public EventIdSequence(HubClock clock, EventId first, IReadOnlyList<IdRange> lives, EventId uncleanThrough, bool isStored)
    {
        _clock = new ClockSteps(clock);
        _assigned = new AssignedIds(lives);
        _head = first.Value;
        First = first;
        UncleanThrough = uncleanThrough;
        IsStored = isStored;
        CommittedThrough = isStored ? first : new(long.MaxValue);
    }

    /// <summary>The id before the first of this life: what is older may be of another. Any thread.</summary>
    public EventId First { get; }

    /// <summary>Whether there is a store. Any thread.</summary>
    public bool IsStored { get; }

    /// <summary>What a crash may have lost of topics with asynchronous durability reaches up to this id. Any thread.</summary>
    public EventId UncleanThrough { get; }

    /// <summary>The last id assigned. Every event up to it is in the logs. Any thread.</summary>
    public EventId Head => new(Volatile.Read(ref _head));

    /// <summary>Events up to this id are in the store, so memory may drop them; without a store, the highest id there is.</summary>
    public EventId CommittedThrough { get; private set; }

    /// <summary>Moves the head to an event that was appended.</summary>
    public void Advance(EventId id) => Volatile.Write(ref _head, id.Value);

    /// <summary>
    /// Starts an epoch if the clock was set forward since an id was last assigned: the ids that it skipped are not assigned. Called before
    /// ids are assigned, on the same thread.
    /// </summary>
    /// <param name="last">The last id that was assigned, perhaps not yet appended.</param>
    /// <param name="nowMilliseconds">The wall clock; ids assigned after this are at or above its first id.</param>
    public void CheckClock(EventId last, long nowMilliseconds)
    {
        var next = EventId.FirstAt(nowMilliseconds);
        if (next.Value - last.Value <= UncheckedIds || !_clock.TryFind(nowMilliseconds, out var expected)) return;
        var through = EventId.FirstAt(expected);
        if (through < last) through = last;
        if (through < next) _assigned.Skip(through, next);
    }

    /// <summary>
    /// Replaces the ranges of ids that were assigned: the history that servers share has read them again. False if the head belongs to none
    /// of them, or lies behind the end of its own: subscribers were sent events that the history has lost.
    /// </summary>
    public bool Reassign(IReadOnlyList<IdRange> lives)
    {
        _assigned = new(lives);
        return _assigned.Contains(Head);
    }

    /// <summary>Each second: follows the clock's small corrections.</summary>
    public void FollowClock() => _clock.Follow();

    /// <summary>Whether an id is one that this history assigned, or lies between two of its events.</summary>
    public bool Contains(EventId id) => id <= Head && _assigned.Contains(id);

    /// <summary>The highest id at or below an id that this history covers; resuming from either gives the same events.</summary>
    public EventId Floor(EventId id) => _assigned.Floor(id);

    /// <summary>Adds to a commit the epochs that began before its events.</summary>
    public void AddSkips(EventId through, List<IdSkip> skips) => _assigned.AddUnstored(through, skips);

    /// <summary>Notes a commit of all events up to an id.</summary>
    public void Commit(EventId through)
    {
        CommittedThrough = through;
        _assigned.ConfirmStored(through);
    }
}
