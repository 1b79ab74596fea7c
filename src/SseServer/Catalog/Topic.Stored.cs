using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

// What of a topic stands in the store. Without one, whatever memory drops is gone.
internal sealed partial class Topic
{
    private EventId _lostThrough;

    /// <summary>Events that wait for their commit; the topic is not removed under them. Under the hub's lock.</summary>
    public int PendingUnderLock { get; set; }

    /// <summary>The newest event that the store ever got of this topic; the default where it knows nothing of it. Under the hub's lock.</summary>
    public EventId CommittedThroughUnderLock { get; set; }

    /// <summary>Events up to this id are no longer in the store; the highest id there is where there is no store. Under the hub's lock.</summary>
    public EventId TrimmedThroughUnderLock { get; private set; } = new(long.MaxValue);

    /// <summary>
    /// Events up to this id that no newer one of their key has superseded may be gone from the store; at or below <see cref="TrimmedThroughUnderLock"/>. Under the hub's lock.
    /// </summary>
    public EventId StoreLostThroughUnderLock { get; private set; } = new(long.MaxValue);

    /// <summary>The store may hold events of this topic.</summary>
    public bool HasStoredEventsUnderLock => CommittedThroughUnderLock > TrimmedThroughUnderLock;

    /// <summary>The store may hold events of this topic that memory does not.</summary>
    public bool HasDroppedEventsUnderLock => DroppedThrough > TrimmedThroughUnderLock;

    /// <summary>The store was told to trim the topic once more where it is over its bounds. The sequencer's.</summary>
    public bool IsTrimDue { get; set; }

    /// <summary>Says what the store holds, before anyone reads the topic.</summary>
    public void SetStoredUnderLock(EventId trimmedThrough, EventId lostThrough, EventId committedThrough)
    {
        TrimmedThroughUnderLock = trimmedThrough;
        StoreLostThroughUnderLock = _lostThrough = lostThrough;
        CommittedThroughUnderLock = committedThrough;
        DropThroughUnderLock(committedThrough);
        MissThroughUnderLock(committedThrough);
    }

    /// <summary>Takes note of what the store is about to let go of, none of which the log holds in memory.</summary>
    public void TrimStoreUnderLock(in StoreTrim plan)
    {
        if (plan.Through > TrimmedThroughUnderLock.Value) TrimmedThroughUnderLock = new(plan.Through);
        if (plan.LostThrough > StoreLostThroughUnderLock.Value) StoreLostThroughUnderLock = new(plan.LostThrough);
        LoseUnderLock();
        if (plan.KeysThrough > 0) LoseKeysUnderLock(new(plan.KeysThrough));
    }

    /// <summary>Gone for good is what neither memory nor the store has.</summary>
    private void LoseUnderLock()
    {
        var lost = MissedThrough < StoreLostThroughUnderLock ? MissedThrough : StoreLostThroughUnderLock;
        if (lost <= _lostThrough) return;
        _lostThrough = lost;
        EvictEverywhereUnderLock(lost);
    }
}
