using System.Buffers;

namespace SseServer.Protocol.Tests.Support;

/// <summary>Input as it arrives from a pipe: one segment, or many, or empty ones in between.</summary>
internal static class Sequences
{
    public static ReadOnlySequence<byte> Of(params byte[][] parts)
    {
        var first = new Segment(parts[0], null);
        Segment last = first;
        foreach (byte[] part in parts.AsSpan(1))
            last = new Segment(part, last);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    public static ReadOnlySequence<byte> CutAt(byte[] bytes, int cut) => Of(bytes[..cut], bytes[cut..]);

    /// <summary>Cut at each of the places, taken modulo the length, in any order and with repeats.</summary>
    public static byte[][] PartsOf(byte[] bytes, IEnumerable<int> cuts)
    {
        int[] places = [0, .. cuts.Select(cut => cut % (bytes.Length + 1)).Order(), bytes.Length];
        return [.. places.Zip(places.Skip(1), (from, to) => bytes[from..to])];
    }

    /// <summary>Each byte in a segment of its own, between empty segments.</summary>
    public static ReadOnlySequence<byte> Crumbled(byte[] bytes) =>
        Of([[], .. bytes.SelectMany(value => new byte[][] { [value], [] })]);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, Segment? previous)
        {
            Memory = bytes;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
