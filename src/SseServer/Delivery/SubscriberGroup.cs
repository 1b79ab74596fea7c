using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// The subscribers of one log on one shard, and the round that goes through them. A publisher marks the group dirty; the shard visits every
/// subscriber once a round, some hundreds a turn, from the last to the first, so that a removal (which moves the last one into the hole)
/// never moves a subscriber past the visit it is owed. Belongs to its shard, unless a member says "any thread".
/// </summary>
internal sealed class SubscriberGroup(EventLog log) : ISubscriberGroup
{
    private Member[] _members = [];
    private int _count;
    private int _dirty;
    private long _deliveredBytes;
    private long _deliveredEvents;
    private long _roundBytes;
    private long _roundEvents;
    private EventId _roundThrough;
    private long _handedThrough;
    private bool _isInRound;

    /// <summary>A subscription and which of its cursors is in this group's log.</summary>
    private struct Member
    {
        public Subscription Subscription;
        public int CursorIndex;
    }

    public EventLog Log { get; } = log;

    public SubscriberGroup? NextDirty { get; set; }

    /// <summary>How many there are. Any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Subscribers still to visit in this round.</summary>
    public int Remaining { get; set; }

    /// <summary>The group was marked dirty while its subscribers were being visited: they are visited once more.</summary>
    public bool IsDueAgain { get; set; }

    /// <summary>Live subscribers that are neither blocked nor at the head: the round waits for them.</summary>
    public int BlockedBy { get; set; }

    /// <summary>Whether live, unblocked subscribers have yet to get more than half of what the log retains. Any thread.</summary>
    public bool IsFarBehind => Count > 0
        && (Log.AppendedBytes - Volatile.Read(ref _deliveredBytes) > Log.Retention.MaxBytes / 2
            || Log.AppendedEvents - Volatile.Read(ref _deliveredEvents) > Log.Retention.MaxEvents / 2);

    /// <inheritdoc/>
    public EventId HandedThrough => Count == 0 ? new(long.MaxValue) : new(Volatile.Read(ref _handedThrough));

    public Subscription this[int index] => _members[index].Subscription;

    /// <summary>The group of a log on a shard; there is one.</summary>
    public static SubscriberGroup Of(EventLog log, int shard) => (SubscriberGroup)log.Groups[shard]!;

    /// <summary>True for the first mark since the shard last took it: that publisher queues the group. Any thread.</summary>
    public bool TryMarkDirty() => Interlocked.Exchange(ref _dirty, 1) == 0;

    /// <summary>Takes the mark back, before anything of the log is read: a later append marks it again.</summary>
    public void TakeDirtyMark() => Interlocked.Exchange(ref _dirty, 0);

    /// <summary>
    /// Begins a visit to every subscriber. If some still block the round, the visit becomes part of it, and the round's end then covers
    /// everything appended by now, since every subscriber is served again before it. If it covered less, publishers would wait for events
    /// that all subscribers already have.
    /// </summary>
    /// <param name="head">The head, read after the mark was taken back: every event up to it is in the log.</param>
    public void BeginVisit(EventId head)
    {
        IsDueAgain = false;
        Remaining = _count;
        _isInRound = true;
        (_roundBytes, _roundEvents, _roundThrough) = (Log.AppendedBytes, Log.AppendedEvents, head);
    }

    /// <summary>Ends the round once every subscriber was visited and none blocks it; otherwise the group stays in its round.</summary>
    public void TryEndRound()
    {
        if (!_isInRound || Remaining > 0 || BlockedBy > 0) return;
        _isInRound = false;
        SetDelivered(_roundBytes, _roundEvents, _roundThrough);
    }

    /// <param name="subscription">Its cursors have no position yet.</param>
    /// <param name="cursorIndex">Which of its cursors is in the group's log.</param>
    /// <param name="head">The head; a group's first subscriber counts as having everything up to it.</param>
    public void Add(Subscription subscription, int cursorIndex, EventId head)
    {
        if (_count == 0) SetDelivered(Log.AppendedBytes, Log.AppendedEvents, head);
        if (_count == _members.Length) Array.Resize(ref _members, Math.Max(1, _count * 2));
        _members[_count] = new Member { Subscription = subscription, CursorIndex = cursorIndex };
        subscription.Cursors[cursorIndex].GroupIndex = _count;
        Volatile.Write(ref _count, _count + 1);
    }

    public void Remove(Subscription subscription, int cursorIndex)
    {
        var index = subscription.Cursors[cursorIndex].GroupIndex;
        var last = _members[_count - 1];
        _members[index] = last;
        last.Subscription.Cursors[last.CursorIndex].GroupIndex = index;
        _members[_count - 1] = default;
        Volatile.Write(ref _count, _count - 1);
        Remaining = Math.Min(Remaining, _count);
        if (_count < _members.Length / 4) Array.Resize(ref _members, Math.Max(1, _members.Length / 2));
    }

    private void SetDelivered(long bytes, long events, EventId through)
    {
        Volatile.Write(ref _handedThrough, through.Value);
        Volatile.Write(ref _deliveredBytes, bytes);
        Volatile.Write(ref _deliveredEvents, events);
    }
}
