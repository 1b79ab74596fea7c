using System.Buffers.Text;
using System.Diagnostics;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// The data of an event: its number in its topic and the time of publishing (<see cref="Stopwatch"/> ticks, CLOCK_MONOTONIC), 16
/// hexadecimal digits each, then filler. The filler comes from a fixed seed and is compared on arrival, so that a wrong byte is
/// noticed.
/// </summary>
internal sealed class EventData
{
    /// <summary>The least bytes that an event can have.</summary>
    public const int MinLength = 2 * Digits;

    private const int Digits = 16;
    private static readonly System.Buffers.StandardFormat Hex = new('x', Digits);

    private readonly byte[] _filler;

    public EventData(int length, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, MinLength);
        Length = length;
        var random = new Random(seed);
        _filler = new byte[length - MinLength];
        for (var i = 0; i < _filler.Length; i++)
            _filler[i] = (byte)('a' + random.Next(26));
    }

    /// <summary>Bytes of each event's data.</summary>
    public int Length { get; }

    /// <summary>Writes an event's data, <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> destination, long number, long publishedAt)
    {
        Utf8Formatter.TryFormat(number, destination, out _, Hex);
        Utf8Formatter.TryFormat(publishedAt, destination[Digits..], out _, Hex);
        _filler.CopyTo(destination[MinLength..]);
    }

    /// <summary>Reads it back; false if any byte differs.</summary>
    public bool TryRead(ReadOnlySpan<byte> data, out long number, out long publishedAt)
    {
        number = publishedAt = 0;
        return data.Length == Length
            && Utf8Parser.TryParse(data[..Digits], out number, out var used, 'x') && used == Digits
            && Utf8Parser.TryParse(data.Slice(Digits, Digits), out publishedAt, out used, 'x') && used == Digits
            && data[MinLength..].SequenceEqual(_filler);
    }
}
