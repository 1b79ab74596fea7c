using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A key of a topic and its newest event. All entries with the key refer to this object, so an older event is superseded as soon as a newer
/// one is recorded here, without a change to its entry. Written under the catalog's lock, read without a lock.
/// </summary>
internal sealed class EventKey(byte[] text)
{
    private long _latest;
    private LogSegment? _home;

    /// <summary>The key in UTF-8.</summary>
    public byte[] Text { get; } = text;

    /// <summary>The id of the newest event of this key.</summary>
    public EventId Latest => new(Volatile.Read(ref _latest));

    /// <summary>
    /// The compacted segment that holds the newest event; null while the log's own segments hold it, and after it was evicted.
    /// </summary>
    public LogSegment? Home => Volatile.Read(ref _home);

    /// <summary>The length of the compacted frame in bytes.</summary>
    public int CompactedLength { get; private set; }

    /// <summary>
    /// Records a newer event. Called after it was appended to every log, so a subscriber that skips the older event will find it.
    /// </summary>
    public void Supersede(EventId id)
    {
        Volatile.Write(ref _latest, id.Value);
        // Write order matters: a thread that no longer finds the compacted copy must already see that it is superseded.
        Volatile.Write(ref _home, null);
    }

    /// <summary>Records the compacted segment that now holds the newest event. Called before the segment that held it is dropped.</summary>
    public void Compact(LogSegment home, int length)
    {
        CompactedLength = length;
        Volatile.Write(ref _home, home);
    }

    /// <summary>Records that the newest event is evicted although nothing superseded it. The log's marks already cover it.</summary>
    public void Evict() => Volatile.Write(ref _home, null);

    /// <summary>Finds a compacted event by its id; false if it is no longer the newest, or was evicted.</summary>
    public bool TryFind(EventId id, out LogSegment segment, out int offset, out byte[] bytes)
    {
        while (Home is { } home)
        {
            segment = home;
            var entries = home.Entries;
            bytes = home.Bytes!;
            // A compacted segment is dropped only after its keys got another home or none, so reading the home again makes progress.
            if (entries is null || bytes is null) continue;
            var index = LogSegment.FindFrom(entries, home.Count, id);
            if (index == home.Count || entries[index].Id != id) break;
            offset = entries[index].Offset;
            return true;
        }

        (segment, offset, bytes) = (LogSegment.Gone, 0, []);
        return false;
    }
}
