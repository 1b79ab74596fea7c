using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Log;

/// <summary>
/// A topic's keys, and the newest event of each key that the topic's log has let go of otherwise. Made with the topic's first keyed event. Written under the
/// hub's lock; its segments are read by cursors without one.
/// <para>
/// Where the log lets go of its oldest segment, what is live in it (keyed, and not superseded) is copied into a kept segment, which stands before the log. A
/// kept segment is written once, as a whole, and no link leads into it or out of it: whoever comes to its end, or finds what he stood in dropped, is placed again
/// under the lock, and then looks whether he lost something before he reads on. That is what keeps a loss from being silent. Were a kept segment appended to, or linked to what follows, a reader
/// who had looked before the lock's holder raised the log's levels would walk on past what was let go between two kept events.
/// </para>
/// </summary>
internal sealed partial class CompactedHistory
{
    // The key, its text's header, a slot of the dictionary with the room that it leaves.
    private const int KeyCost = 160;

    private readonly Dictionary<byte[], EventKey> _keys = new(Utf8Comparer.Instance);
    private readonly List<LogSegment> _kept = [];
    private int _oldest;

    /// <param name="evictions">The log's evictions so far.</param>
    /// <param name="evictedThrough">How far they reached.</param>
    public CompactedHistory(long evictions, EventId evictedThrough) => Marks.Add(evictions, evictedThrough);

    /// <summary>Events kept beyond the log's bounds.</summary>
    public int CompactedCount { get; private set; }

    /// <summary>Bytes of their frames.</summary>
    public long CompactedBytes { get; private set; }

    /// <summary>Bytes of memory that keys and kept segments stand for.</summary>
    public long Cost { get; private set; }

    /// <summary>What is lost of kept events need not reach as far as what was lost of others before, so each eviction is marked, as a pattern's are.</summary>
    public EvictionMarks Marks { get; } = new();

    /// <summary>The key of a text, made where there is none.</summary>
    public EventKey Key(ReadOnlySpan<byte> text)
    {
        var keys = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (keys.TryGetValue(text, out var key)) return key;
        key = new EventKey(text.ToArray());
        _keys.Add(key.Text, key);
        Cost += KeyCost + key.Text.Length;
        return key;
    }

    /// <summary>Supersedes the older event of a new event's key; true where that one was a kept event.</summary>
    public bool Supersede(in LogEntry newest)
    {
        var key = newest.Key!;
        var home = key.Home;
        key.Supersede(newest.Id);
        if (home is not null) Release(home, key.CompactedLength);
        return home is not null;
    }

    /// <summary>Puts a cursor before the first kept event after an id; false where none follows it.</summary>
    public bool TrySeek(ref Cursor cursor, EventId after)
    {
        if (_kept.Count == 0 || _kept[^1].LastId <= after) return false;
        var segment = _kept[Find(new(after.Value + 1))];
        (cursor.Segment, cursor.Index) = (segment, segment.FindAfter(after));
        return true;
    }

    /// <summary>The last event at or before an id that is or was kept; the default where there is none.</summary>
    public EventId LastThrough(EventId through)
    {
        if (_kept.Count == 0) return default;
        var place = Find(through);
        var index = _kept[place].FindAfter(through);
        if (index > 0) return _kept[place].Entries![index - 1].Id;
        return place > 0 ? _kept[place - 1].LastId : default;
    }

    /// <summary>The oldest kept event; there is one.</summary>
    public EventId Oldest()
    {
        while (!IsLive(_kept[0], _kept[0].Entries![_oldest], _kept[0])) _oldest++;
        return _kept[0].Entries![_oldest].Id;
    }

    /// <summary>Lets go of the oldest kept event. The log must say so already.</summary>
    public void LoseOldest()
    {
        var id = Oldest();
        var (home, key) = (_kept[0], _kept[0].Entries![LogSegment.FindFrom(_kept[0].Entries!, _kept[0].Count, id)].Key!);
        Forget(key);
        Release(home, key.CompactedLength);
    }

    /// <summary>The last event of the oldest kept segment that is still kept; there is one.</summary>
    public EventId EndOfOldestSegment()
    {
        var (segment, last) = (_kept[0], _kept[0].Count - 1);
        while (!IsLive(segment, segment.Entries![last], segment)) last--;
        return segment.Entries[last].Id;
    }

    /// <summary>Lets go of the oldest kept segment; returns how many kept events went. The log must say so already.</summary>
    public int LoseOldestSegment()
    {
        var segment = _kept[0];
        var count = segment.LiveCount;
        foreach (ref readonly var entry in segment.Entries.AsSpan(0, segment.Count))
            if (IsLive(segment, entry, segment)) Forget(entry.Key!);
        CompactedCount -= count;
        CompactedBytes -= segment.LiveBytes;
        Replace(0, 1, null);
        return count;
    }

    private void Forget(EventKey key)
    {
        _keys.Remove(key.Text);
        Cost -= KeyCost + key.Text.Length;
        key.Lose();
    }

    // In the log a key has no kept segment; of kept events only those count that their keys say are here.
    private static bool IsLive(LogSegment segment, in LogEntry entry, LogSegment? home)
        => entry.Key is { } key && key.Latest == entry.Id && (home is null || ReferenceEquals(key.Home, segment));
}
