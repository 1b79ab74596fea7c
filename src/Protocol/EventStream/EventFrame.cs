using System.Diagnostics;
using SseServer.Protocol.Http;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// One event as it is stored and sent: one HTTP chunk with the event's block and its event id. A block is what
/// <see cref="EventStreamEncoder"/> writes. It is encoded beforehand, so that once the event id is known only two copies are left to do.
/// <code>
/// frame   = size CRLF payload CRLF
/// payload = "id: " hub-id LF block             ; the publisher gave no id
///         / block "id: " hub-id LF LF          ; the block begins with "id: " publisher-id LF
/// </code>
/// A block may also be only the blank line: the frame then has an id and no event. In the second form clients give the publisher's id to
/// the event. They dispatch nothing for the last block, which has no data (WHATWG HTML 9.2.6), but reconnect with its event id.
/// <see cref="FrameFields"/> reads the fields back.
/// </summary>
public static class EventFrame
{
    private static ReadOnlySpan<byte> IdField => "id: "u8;

    private static ReadOnlySpan<byte> NameField => "event: "u8;

    /// <summary>The length of a frame, in bytes.</summary>
    /// <param name="idLength">The length of the event id.</param>
    /// <param name="blockLength">The length of the block.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    public static int Measure(int idLength, int blockLength, bool hasPublisherId)
        => ChunkEnvelope.Measure(MeasurePayload(idLength, blockLength, hasPublisherId));

    /// <summary>Writes a frame.</summary>
    /// <param name="destination">At least <see cref="Measure"/> bytes.</param>
    /// <param name="id">The event id; no line breaks.</param>
    /// <param name="block">The event's fields and the blank line; or, for an id alone, the blank line.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    /// <param name="prefixLength">The length of the chunk prefix, which is needed to read the frame.</param>
    /// <returns>The length of the frame.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Write(
        Span<byte> destination, ReadOnlySpan<byte> id, ReadOnlySpan<byte> block, bool hasPublisherId, out int prefixLength)
    {
        Debug.Assert(block is [(byte)'\n'] || block.EndsWith("\n\n"u8), "A block ends with a blank line.");
        Debug.Assert(block.StartsWith(IdField) == hasPublisherId, "A block begins with an id if and only if the publisher gave one.");

        prefixLength = ChunkEnvelope.WritePrefix(destination, MeasurePayload(id.Length, block.Length, hasPublisherId));
        var at = prefixLength;
        if (hasPublisherId)
        {
            at = Append(destination, at, block);
            at = AppendIdLine(destination, at, id);
            at = Append(destination, at, "\n"u8);
        }
        else
        {
            at = AppendIdLine(destination, at, id);
            at = Append(destination, at, block);
        }

        return Append(destination, at, ChunkEnvelope.Suffix);
    }

    /// <summary>The frame without its chunk prefix and the CR LF at its end, as a client without chunked coding gets it.</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame, int prefixLength)
        => frame[prefixLength..^ChunkEnvelope.Suffix.Length];

    /// <summary>The block that a frame was written from.</summary>
    /// <param name="frame">A whole frame.</param>
    /// <param name="prefixLength">The length of its chunk prefix.</param>
    /// <param name="idLength">The length of the event id.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    public static ReadOnlySpan<byte> Block(ReadOnlySpan<byte> frame, int prefixLength, int idLength, bool hasPublisherId)
    {
        var payload = Payload(frame, prefixLength);
        return hasPublisherId ? payload[..^(IdField.Length + idLength + 2)] : payload[(IdField.Length + idLength + 1)..];
    }

    /// <summary>The publisher's id, from the frame's first line.</summary>
    /// <returns>False if the publisher gave none: then the first line is the event id, and no id follows the event's block.</returns>
    public static bool TryGetPublisherId(ReadOnlySpan<byte> frame, int prefixLength, out ReadOnlySpan<byte> id)
    {
        var payload = Payload(frame, prefixLength);
        var lines = payload[..^2];
        var lastLine = lines[(lines.LastIndexOf((byte)'\n') + 1)..];
        if (!lastLine.StartsWith(IdField) || lastLine.Length == lines.Length)
        {
            id = default;
            return false;
        }

        id = payload[IdField.Length..payload.IndexOf((byte)'\n')];
        return true;
    }

    /// <summary>Whether a frame has only an id, so that clients dispatch nothing.</summary>
    public static bool IsIdOnly(ReadOnlySpan<byte> frame, int prefixLength)
    {
        var payload = Payload(frame, prefixLength);
        return payload.IndexOf((byte)'\n') == payload.Length - 2;
    }

    /// <summary>The name of the event, from its <c>event</c> field.</summary>
    /// <param name="frame">A whole frame.</param>
    /// <param name="prefixLength">The length of its chunk prefix.</param>
    /// <returns>The name's UTF-8; empty if the event has none. Clients call such an event <c>message</c> (WHATWG HTML 9.2.6).</returns>
    public static ReadOnlySpan<byte> EventName(ReadOnlySpan<byte> frame, int prefixLength)
    {
        // In both forms of the payload the first line is an id, and the name follows it if there is one.
        return NameInBlock(Payload(frame, prefixLength), hasPublisherId: true);
    }

    /// <summary>The name of the event, from its block; empty if it has none.</summary>
    /// <param name="block">The block.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    public static ReadOnlySpan<byte> NameInBlock(ReadOnlySpan<byte> block, bool hasPublisherId)
    {
        if (hasPublisherId) block = block[(block.IndexOf((byte)'\n') + 1)..];
        return block.StartsWith(NameField) ? block[NameField.Length..block.IndexOf((byte)'\n')] : default;
    }

    private static int MeasurePayload(int idLength, int blockLength, bool hasPublisherId)
        => checked(IdField.Length + idLength + (hasPublisherId ? 2 : 1) + blockLength);

    private static int AppendIdLine(Span<byte> destination, int at, ReadOnlySpan<byte> id)
    {
        at = Append(destination, at, IdField);
        at = Append(destination, at, id);
        return Append(destination, at, "\n"u8);
    }

    private static int Append(Span<byte> destination, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination[at..]);
        return at + bytes.Length;
    }
}
