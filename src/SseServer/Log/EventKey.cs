using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// A key of a topic and the newest event that has it. Entries of the key name this object, so that an event is superseded the moment a newer one stands in the log:
/// nothing is marked in the log itself. Written under the hub's lock, read without one.
/// </summary>
internal sealed class EventKey(byte[] text)
{
    private long _latest;
    private LogSegment? _home;

    /// <summary>The key in UTF-8.</summary>
    public byte[] Text { get; } = text;

    /// <summary>The id of the newest event of this key.</summary>
    public EventId Latest => new(Volatile.Read(ref _latest));

    /// <summary>The kept segment that holds the newest event; null where the log itself still does, and where the event is gone.</summary>
    public LogSegment? Home => Volatile.Read(ref _home);

    /// <summary>The length of the kept frame.</summary>
    public int CompactedLength { get; private set; }

    /// <summary>Takes note of a newer event, after it was appended everywhere: whoever passes the older one over finds it.</summary>
    public void Supersede(EventId id)
    {
        Volatile.Write(ref _latest, id.Value);
        // Second: who finds the older event kept no more finds it superseded.
        Volatile.Write(ref _home, null);
    }

    /// <summary>The newest event stands in a kept segment from now on; before the segment that held it is dropped.</summary>
    public void Compact(LogSegment home, int length)
    {
        CompactedLength = length;
        Volatile.Write(ref _home, home);
    }

    /// <summary>The newest event is kept no longer, though nothing superseded it. Its log says so already.</summary>
    public void Lose() => Volatile.Write(ref _home, null);

    /// <summary>Finds a kept event by its id: false where it is not the newest any more, or gone.</summary>
    public bool TryFind(EventId id, out LogSegment segment, out int offset, out byte[] bytes)
    {
        while (Home is { } home)
        {
            segment = home;
            var entries = home.Entries;
            bytes = home.Bytes!;
            // A kept segment is dropped after its keys were led elsewhere, so another look finds another home, or none.
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
