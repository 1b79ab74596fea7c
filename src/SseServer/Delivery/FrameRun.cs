using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// The next frames for a subscription, back to back, as they go on the wire. Valid until its source returns the next one.
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

    /// <summary>How many events were skipped because they are excluded.</summary>
    public int Skipped { get; init; }

    /// <summary>The subscription's position once it has the frames: every event up to this id is in them or was skipped.</summary>
    public required EventId Through { get; init; }

    /// <summary>The id of the last frame.</summary>
    public EventId LastFrame { get; init; }

    /// <summary>
    /// The segment that owns the bytes. Null if they are in a buffer that the next run overwrites, so that a rest must be copied.
    /// </summary>
    public LogSegment? Owner { get; init; }

    /// <summary>The frames' entries if the run is a part of a segment; empty if the source has an index of its own.</summary>
    public ReadOnlySpan<LogEntry> Entries { get; init; }

    /// <summary>A run without frames, which moves the position to an id.</summary>
    public static FrameRun Empty(EventId through, int skipped = 0) => new() { Bytes = [], Through = through, Skipped = skipped };
}
