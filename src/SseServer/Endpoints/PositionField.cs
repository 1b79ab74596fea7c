using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The field <c>SSE-Last-Event-ID</c>: the position that the stream's greeting has as its id. A page that was rendered with what is known
/// at this moment subscribes with it and misses nothing.
/// </summary>
internal static class PositionField
{
    /// <summary>Writes the field; nothing without a position.</summary>
    public static void Write(IBufferWriter<byte> output, EventId? position)
    {
        if (position is not { } id) return;
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        ResponseHead.WriteHeader(output, "SSE-Last-Event-ID"u8, text[..id.Format(text)]);
    }
}
