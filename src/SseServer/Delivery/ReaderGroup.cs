using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// The readers of one log on one shard, and the round that goes through them. A publisher marks the group dirty; the shard
/// visits every reader once a round, some hundred a turn, from the last to the first, so that a removal (which moves the last reader
/// into the hole) never moves a reader past the visit it is owed.
/// </summary>
internal sealed class ReaderGroup(EventLog log, FanOutShard shard)
{
    private Reader[] _readers = [];
    private int _count;
    private int _dirty;
    private long _deliveredBytes;
    private long _deliveredEvents;
    private long _roundBytes;
    private long _roundEvents;
    private EventId _roundThrough;
    private long _handedThrough;

    /// <summary>A subscription and which of its cursors stands in this group's log.</summary>
    public struct Reader
    {
        public Subscription Subscription;
        public int CursorIndex;
    }

    public EventLog Log { get; } = log;

    public FanOutShard Shard { get; } = shard;

    public ReaderGroup? NextDirty { get; set; }

    /// <summary>Readers; written by the shard, read by publishers.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Readers still to visit in this round.</summary>
    public int Remaining { get; set; }

    /// <summary>The group was marked dirty while its readers were being visited: they are visited once more.</summary>
    public bool IsDueAgain { get; set; }

    private bool IsInRound { get; set; }

    /// <summary>Live readers that are neither blocked nor at the head: they hold up the round.</summary>
    public int HeldUpBy { get; set; }

    /// <summary>Whether live, unblocked readers have yet to get more than half of what the log retains.</summary>
    public bool IsFarBehind => Count > 0
        && (Log.AppendedBytes - Volatile.Read(ref _deliveredBytes) > Log.Retention.MaxBytes / 2
            || Log.AppendedEvents - Volatile.Read(ref _deliveredEvents) > Log.Retention.MaxEvents / 2);

    /// <summary>
    /// Every event of the log up to this id was handed to each reader that is neither blocked nor catching up; the highest id there is if there is no reader. Any thread.
    /// </summary>
    public EventId HandedThrough => Count == 0 ? new(long.MaxValue) : new(Volatile.Read(ref _handedThrough));

    public Subscription this[int index] => _readers[index].Subscription;

    /// <summary>True for the first mark since the shard last took it: that publisher queues the group.</summary>
    public bool TryMarkDirty() => Interlocked.Exchange(ref _dirty, 1) == 0;

    /// <summary>Takes the mark back, before anything of the log is read: what is appended later marks anew.</summary>
    public void TakeDirtyMark() => Interlocked.Exchange(ref _dirty, 0);

    /// <summary>
    /// Begins a visit to every reader. Where some reader still holds up the round, the visit is part of it: the round then ends for what had come by now, since until then every reader
    /// is served again. For less than that, publishers would wait for events that all have got, and that nobody delivers once more.
    /// </summary>
    /// <param name="head">The hub's head, read after the mark was taken: what is at or before it is in the log.</param>
    public void BeginVisit(EventId head)
    {
        IsDueAgain = false;
        Remaining = _count;
        IsInRound = true;
        (_roundBytes, _roundEvents, _roundThrough) = (Log.AppendedBytes, Log.AppendedEvents, head);
    }

    /// <summary>Ends the round once every reader was visited and none holds it up; the group stays in its round otherwise.</summary>
    public void TryEndRound()
    {
        if (!IsInRound || Remaining > 0 || HeldUpBy > 0) return;
        IsInRound = false;
        SetDelivered(_roundBytes, _roundEvents, _roundThrough);
    }

    /// <param name="subscription">Not placed yet.</param>
    /// <param name="cursorIndex">Which of its cursors is in the group's log.</param>
    /// <param name="head">The hub's head: a first reader that is placed later is owed nothing up to it.</param>
    public void Add(Subscription subscription, int cursorIndex, EventId head)
    {
        if (_count == 0) SetDelivered(Log.AppendedBytes, Log.AppendedEvents, head);
        if (_count == _readers.Length) Array.Resize(ref _readers, Math.Max(1, _count * 2));
        _readers[_count] = new Reader { Subscription = subscription, CursorIndex = cursorIndex };
        subscription.Cursors[cursorIndex].GroupIndex = _count;
        Volatile.Write(ref _count, _count + 1);
    }

    public void Remove(Subscription subscription, int cursorIndex)
    {
        var index = subscription.Cursors[cursorIndex].GroupIndex;
        var last = _readers[_count - 1];
        _readers[index] = last;
        last.Subscription.Cursors[last.CursorIndex].GroupIndex = index;
        _readers[_count - 1] = default;
        Volatile.Write(ref _count, _count - 1);
        Remaining = Math.Min(Remaining, _count);
        if (_count < _readers.Length / 4) Array.Resize(ref _readers, Math.Max(1, _readers.Length / 2));
    }

    private void SetDelivered(long bytes, long events, EventId through)
    {
        Volatile.Write(ref _handedThrough, through.Value);
        Volatile.Write(ref _deliveredBytes, bytes);
        Volatile.Write(ref _deliveredEvents, events);
    }
}
