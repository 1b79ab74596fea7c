using SseServer.Protocol.EventStream;

namespace SseServer.Log;

/// <summary>
/// One event in a log: where its frame lies. A topic's entries lie in the topic's own segments; a pattern's entries name the
/// segments of its topics. Written once, before the segment's count is published; never changed.
/// </summary>
internal struct LogEntry
{
    /// <summary>The event's id.</summary>
    public EventId Id;

    /// <summary>The segment that holds the frame's bytes.</summary>
    public LogSegment Home;

    /// <summary>The event's key; null if it has none.</summary>
    public EventKey? Key;

    /// <summary>The frame's first byte in <see cref="Home"/>.</summary>
    public int Offset;

    /// <summary>The whole frame in bytes, chunk prefix and ending CRLF included.</summary>
    public int Length;

    /// <summary>The hash of the event's type, for subscribers that want some types only.</summary>
    public int TypeHash;

    /// <summary>The length of the chunk prefix, which a subscriber without chunked coding is not sent.</summary>
    public byte PrefixLength;

    /// <summary>The frame begins with a publisher's own id.</summary>
    public bool HasPublisherId;

    /// <summary>The topic ends with this event.</summary>
    public bool IsFinal;

    public readonly int End => Offset + Length;

    /// <summary>A newer event of its key was appended.</summary>
    public readonly bool IsSuperseded => Key is not null && Key.Latest > Id;

    /// <summary>Its frame is still in memory: in its home or in a compacted segment.</summary>
    public readonly bool IsRetained => !Home.IsDropped || (Key is { Home: not null } && Key.Latest == Id);

    /// <summary>Finds the frame in its home or, if that was dropped, in a compacted segment. Without a lock.</summary>
    public readonly bool TryFind(out LogSegment segment, out int offset, out byte[] bytes)
    {
        (segment, offset) = (Home, Offset);
        bytes = segment.Bytes!;
        return bytes is not null || (Key is not null && Key.TryFind(Id, out segment, out offset, out bytes));
    }
}
