using System.Buffers;
using System.Text.Json;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// What surrounds the events in the JSON document that answers a poll.
/// <code>
/// {"events":[ ... ],"next":"1763790000123-0","gap":null,"ended":false}
/// </code>
/// </summary>
internal static class PollBlocks
{
    /// <summary>Writes the beginning, up to the first event.</summary>
    public static void WriteStart(IBufferWriter<byte> output) => output.Write("{\"events\":["u8);

    /// <summary>Writes the end.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="next">The id after which the next poll continues; null if the client must keep its own.</param>
    /// <param name="gap">The gap; null for none.</param>
    /// <param name="hasEnded">Whether all topics have ended, so that nothing follows.</param>
    public static void WriteEnd(IBufferWriter<byte> output, string? next, PollGap? gap, bool hasEnded)
    {
        output.Write("],\"next\":"u8);
        using (var writer = new Utf8JsonWriter(output, EventJson.WriterOptions)) writer.WriteStringValue(next);
        output.Write(",\"gap\":"u8);
        output.Write(gap is null ? "null"u8 : ControlBlocks.ComposeGap(gap.Topics, gap.After, gap.From));
        output.Write(",\"ended\":"u8);
        output.Write(hasEnded ? "true}\n"u8 : "false}\n"u8);
    }
}
