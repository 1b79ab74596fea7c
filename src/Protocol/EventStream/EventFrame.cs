using System.Diagnostics;
using SseServer.Protocol.Http;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// One event as it is stored and sent: one HTTP chunk that holds the event's block and its hub id. A block is what
/// <see cref="EventStreamEncoder"/> writes; it is encoded beforehand, so that what is left to do once the hub id is known
/// is two copies.
/// <code>
/// frame   = size CRLF payload CRLF
/// payload = "id: " hub-id LF block             ; the publisher gave no id
///         / block "id: " hub-id LF LF          ; the block begins with "id: " publisher-id LF
/// </code>
/// A block may also be the blank line alone: the frame then holds an id and no event.
/// In the second form clients show the publisher's id on the event and dispatch nothing for the last block, which has no data
/// (WHATWG HTML 9.2.6), but reconnect with the hub id it carries.
/// </summary>
public static class EventFrame
{
    private static ReadOnlySpan<byte> IdField => "id: "u8;

    private static ReadOnlySpan<byte> NameField => "event: "u8;

    /// <summary>The length of a frame, in bytes.</summary>
    /// <param name="hubIdLength">The length of the hub id.</param>
    /// <param name="blockLength">The length of the block.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    public static int Measure(int hubIdLength, int blockLength, bool hasPublisherId)
    {
        int payload = MeasurePayload(hubIdLength, blockLength, hasPublisherId);
        return checked(ChunkEnvelope.MeasurePrefix(payload) + payload + ChunkEnvelope.Suffix.Length);
    }

    /// <summary>Writes a frame.</summary>
    /// <param name="destination">At least <see cref="Measure"/> bytes.</param>
    /// <param name="hubId">The hub id; no line breaks.</param>
    /// <param name="block">The event's fields and the blank line; or, for an id alone, the blank line.</param>
    /// <param name="hasPublisherId">Whether the block begins with the publisher's id.</param>
    /// <param name="prefixLength">The length of the chunk prefix, to hand to the readers of the frame.</param>
    /// <returns>The length of the frame.</returns>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static int Write(
        Span<byte> destination, ReadOnlySpan<byte> hubId, ReadOnlySpan<byte> block, bool hasPublisherId, out int prefixLength)
    {
        Debug.Assert(block is [(byte)'\n'] || block.EndsWith("\n\n"u8), "A block ends with a blank line.");
        Debug.Assert(block.StartsWith(IdField) == hasPublisherId, "A block begins with an id exactly where the publisher gave one.");

        prefixLength = ChunkEnvelope.WritePrefix(destination, MeasurePayload(hubId.Length, block.Length, hasPublisherId));
        int at = prefixLength;
        if (hasPublisherId)
        {
            at = Append(destination, at, block);
            at = AppendIdLine(destination, at, hubId);
            at = Append(destination, at, "\n"u8);
        }
        else
        {
            at = AppendIdLine(destination, at, hubId);
            at = Append(destination, at, block);
        }

        return Append(destination, at, ChunkEnvelope.Suffix);
    }

    /// <summary>The frame without its chunk prefix and the CR LF at its end: what a client without chunked coding gets.</summary>
    public static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame, int prefixLength) =>
        frame[prefixLength..^ChunkEnvelope.Suffix.Length];

    /// <summary>The publisher's id, from the frame's first line.</summary>
    /// <returns>False if the publisher gave none: then the first line holds the hub id, and no id follows the event's block.</returns>
    public static bool TryGetPublisherId(ReadOnlySpan<byte> frame, int prefixLength, out ReadOnlySpan<byte> id)
    {
        ReadOnlySpan<byte> payload = Payload(frame, prefixLength);
        ReadOnlySpan<byte> lines = payload[..^2];
        ReadOnlySpan<byte> lastLine = lines[(lines.LastIndexOf((byte)'\n') + 1)..];
        if (!lastLine.StartsWith(IdField) || lastLine.Length == lines.Length)
        {
            id = default;
            return false;
        }

        id = payload[IdField.Length..payload.IndexOf((byte)'\n')];
        return true;
    }

    /// <summary>The name of the event, from its <c>event</c> field.</summary>
    /// <param name="frame">A whole frame.</param>
    /// <param name="prefixLength">The length of its chunk prefix.</param>
    /// <returns>The name's UTF-8; empty where the event has none, which clients call <c>message</c> (WHATWG HTML 9.2.6).</returns>
    public static ReadOnlySpan<byte> EventName(ReadOnlySpan<byte> frame, int prefixLength)
    {
        // In both forms of the payload the first line is an id, the hub's or the publisher's, and the name follows it where there is one.
        ReadOnlySpan<byte> payload = Payload(frame, prefixLength);
        payload = payload[(payload.IndexOf((byte)'\n') + 1)..];
        return payload.StartsWith(NameField) ? payload[NameField.Length..payload.IndexOf((byte)'\n')] : default;
    }

    private static int MeasurePayload(int hubIdLength, int blockLength, bool hasPublisherId) =>
        checked(IdField.Length + hubIdLength + (hasPublisherId ? 2 : 1) + blockLength);

    private static int AppendIdLine(Span<byte> destination, int at, ReadOnlySpan<byte> hubId)
    {
        at = Append(destination, at, IdField);
        at = Append(destination, at, hubId);
        return Append(destination, at, "\n"u8);
    }

    private static int Append(Span<byte> destination, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(destination[at..]);
        return at + bytes.Length;
    }
}
