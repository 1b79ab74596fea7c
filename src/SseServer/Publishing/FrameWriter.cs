using System.Runtime.CompilerServices;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>Builds an event's frame from its id and its block, once: into the log's segment, or into the commit that precedes it.</summary>
internal ref struct FrameWriter
{
    private readonly ReadOnlySpan<byte> _block;
    private readonly bool _hasPublisherId;
    private readonly int _idLength;
    private IdText _id;

    /// <param name="id">The event's id.</param>
    /// <param name="block">The event's fields and the blank line, as <see cref="EventStreamEncoder"/> writes them.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    public FrameWriter(EventId id, ReadOnlySpan<byte> block, bool hasPublisherId)
    {
        _block = block;
        _hasPublisherId = hasPublisherId;
        _idLength = id.Format(_id);
        Length = EventFrame.Measure(_idLength, block.Length, hasPublisherId);
    }

    /// <summary>The frame's length in bytes.</summary>
    public int Length { get; }

    /// <summary>Writes the frame; returns the length of its chunk prefix.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public int Write(Span<byte> destination)
    {
        EventFrame.Write(destination, _id[.._idLength], _block, _hasPublisherId, out var prefixLength);
        return prefixLength;
    }

    [InlineArray(EventId.MaxTextLength)]
    private struct IdText
    {
        private byte _first;
    }
}
