using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

// Keyed events: what supersedes what, and the newest of each key, which outlives the log's other bounds.
internal sealed partial class Topic
{
    private KeyedHistory? _keyed;

    /// <summary>The topic ever had an event with a key.</summary>
    public bool HasKeys => Volatile.Read(ref _keyed) is not null;

    /// <summary>Events that are kept only because they are the newest of their keys.</summary>
    public int KeptUnderLock => _keyed?.KeptCount ?? 0;

    /// <summary>Whether there is a segment to drop, of the log up to <paramref name="through"/> or of kept events.</summary>
    public bool MayGiveUnderLock(EventId through) => MayDropUnderLock(through) || KeptUnderLock > 0;

    public override EventId EvictedSinceUnderLock(long known) => _keyed is null ? base.EvictedSinceUnderLock(known) : _keyed.Marks.HighestAfter(known);

    public override void EvictThroughUnderLock(EventId id)
    {
        base.EvictThroughUnderLock(id);
        _keyed?.Marks.Add(Evictions, id);
    }

    public override void PlaceUnderLock(ref Cursor cursor, EventId after)
    {
        if (_keyed is null || !_keyed.TryPlaceUnderLock(ref cursor, after)) base.PlaceUnderLock(ref cursor, after);
    }

    public override EventId LastThroughUnderLock(EventId through)
    {
        var last = base.LastThroughUnderLock(through);
        return _keyed?.LastThroughUnderLock(through) is { } kept && kept > last ? kept : last;
    }

    /// <summary>Has an event supersede the older one of its key. It stands in the topic's log and in those of its patterns.</summary>
    public void SupersedeUnderLock(in LogEntry entry)
    {
        if (!_keyed!.SupersedeUnderLock(entry)) return;
        foreach (var pattern in PatternsUnderLock) pattern.CountGoneUnderLock(1);
    }

    /// <summary>Lets go of the oldest segment of kept events: all that the topic can still give.</summary>
    public void DropKeptUnderLock()
    {
        LoseKeptUnderLock(_keyed!.EndOfOldestSegmentUnderLock());
        var gone = _keyed.LoseOldestSegmentUnderLock();
        foreach (var pattern in PatternsUnderLock) pattern.CountGoneUnderLock(gone);
    }

    /// <summary>Whether the oldest kept event is over the age that the topic keeps at a time: of the topic's bounds this one counts for it too.</summary>
    public bool IsKeptTooOldUnderLock(long nowMilliseconds)
        => KeptUnderLock > 0 && _keyed!.OldestUnderLock().Milliseconds < nowMilliseconds - (long)Retention.MaxAge.TotalMilliseconds;

    /// <summary>Lets go of the oldest kept event.</summary>
    public void DropOldestKeptUnderLock()
    {
        LoseKeptUnderLock(_keyed!.OldestUnderLock());
        _keyed.LoseOldestUnderLock();
        foreach (var pattern in PatternsUnderLock) pattern.CountGoneUnderLock(1);
    }

    private EventKey? KeyUnderLock(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return null;
        if (_keyed is null) Volatile.Write(ref _keyed, new KeyedHistory(Evictions, EvictedThrough));
        return _keyed.KeyUnderLock(text);
    }

    private void BoundKeptUnderLock()
    {
        while (_keyed!.KeptCount > Retention.MaxKeys) DropOldestKeptUnderLock();
    }

    /// <summary>
    /// Takes note that a kept event goes, before it does. Without a store it is lost, also where what was lost of other events reaches further: who was told of that one may still
    /// be owed this one. A store is asked for whatever is at or below <see cref="EventLog.MissedThrough"/>.
    /// </summary>
    private void LoseKeptUnderLock(EventId id)
    {
        MissThroughUnderLock(id);
        foreach (var pattern in PatternsUnderLock) pattern.MissThroughUnderLock(id);
        if (id > _lostThrough)
        {
            LoseUnderLock();
        }
        else if (StoreLostThroughUnderLock.Value == long.MaxValue)
        {
            EvictEverywhereUnderLock(id);
        }
    }

    /// <summary>
    /// Takes note that the store lets go of keys through an id. It is a loss of its own, since that of other events may reach further already; and memory lets go of them too: a replay
    /// reads them from the store alone.
    /// </summary>
    private void LoseKeysUnderLock(EventId through)
    {
        EvictEverywhereUnderLock(through);
        while (KeptUnderLock > 0 && _keyed!.OldestUnderLock() <= through) DropOldestKeptUnderLock();
    }

    /// <summary>Notes that nothing of the topic is left anywhere.</summary>
    public void EvictAllUnderLock() => EvictEverywhereUnderLock(CommittedThroughUnderLock);

    private void EvictEverywhereUnderLock(EventId through)
    {
        EvictThroughUnderLock(through);
        foreach (var pattern in PatternsUnderLock) pattern.EvictThroughUnderLock(through);
    }
}
