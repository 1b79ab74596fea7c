using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// The next frames for a subscription, back to back, as they go on the wire. Valid until its source yields the next one.
/// </summary>
internal readonly ref struct FrameRun
{
    /// <summary>The array that holds the frames.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>Where the first frame begins.</summary>
    public int Offset { get; init; }

    /// <summary>The length of all frames in bytes; 0 if there are none.</summary>
    public int Length { get; init; }

    /// <summary>How many frames there are.</summary>
    public int Frames { get; init; }

    /// <summary>How many events were passed over because the subscription is not sent them.</summary>
    public int Skipped { get; init; }

    /// <summary>The subscription's position once it has the frames: every event up to this id is in them or was passed over.</summary>
    public required EventId Through { get; init; }

    /// <summary>The id of the last frame.</summary>
    public EventId LastFrame { get; init; }

    /// <summary>
    /// The segment that owns the bytes. Null if they are in a buffer that the next run overwrites: what is kept of them must be copied.
    /// </summary>
    public LogSegment? Owner { get; init; }

    /// <summary>The frames' index if they are in a segment as they are; empty if the source keeps an index of its own.</summary>
    public ReadOnlySpan<LogEntry> Entries { get; init; }

    /// <summary>No frames: the position moves to an id, or stays if it is there already.</summary>
    public static FrameRun Empty(EventId through, int skipped = 0) => new() { Bytes = [], Through = through, Skipped = skipped };
}
