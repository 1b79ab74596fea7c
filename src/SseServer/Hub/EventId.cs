using System.Buffers.Text;

namespace SseServer.Hub;

/// <summary>
/// A hub id: <c>&lt;unix milliseconds&gt;-&lt;sequence&gt;</c>, packed into one 64-bit integer so that a head is read without tearing.
/// Ids rise strictly over the whole hub; comparing two ids compares their places in the hub's order.
/// </summary>
/// <param name="Value">Milliseconds since 1970 shifted left by <see cref="SequenceBits"/>, plus the sequence; never negative.</param>
internal readonly record struct EventId(long Value) : IComparable<EventId>
{
    /// <summary>A million events a millisecond before the sequence carries into the milliseconds.</summary>
    public const int SequenceBits = 20;

    /// <summary>13 digits of milliseconds (until the year 2248), a hyphen, 7 digits of sequence.</summary>
    public const int MaxTextLength = 21;

    private const long SequenceMask = (1L << SequenceBits) - 1;
    private const long MaxMilliseconds = long.MaxValue >> SequenceBits;

    public long Milliseconds => Value >> SequenceBits;

    /// <summary>The highest id below this one.</summary>
    public EventId Previous => new(Value - 1);

    public int Sequence => (int)(Value & SequenceMask);

    /// <summary>The first id of a millisecond; a time out of range gives the nearest id in range.</summary>
    public static EventId FirstAt(long unixMilliseconds) => new(Math.Clamp(unixMilliseconds, 0, MaxMilliseconds) << SequenceBits);

    public static EventId FirstAt(DateTimeOffset time) => FirstAt(time.ToUnixTimeMilliseconds());

    /// <summary>The id after <paramref name="last"/>: of this millisecond, or next in sequence where the clock stands or steps back.</summary>
    public static EventId Next(EventId last, long unixMilliseconds) => new(Math.Max(last.Value + 1, FirstAt(unixMilliseconds).Value));

    /// <summary>Writes the text form; <paramref name="destination"/> holds <see cref="MaxTextLength"/> bytes.</summary>
    public int Format(Span<byte> destination)
    {
        Utf8Formatter.TryFormat(Milliseconds, destination, out var length);
        destination[length++] = (byte)'-';
        Utf8Formatter.TryFormat(Sequence, destination[length..], out var digits);
        return length + digits;
    }

    /// <summary>Reads the one text form that <see cref="Format"/> writes: no sign, no leading zero, both numbers in range.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out EventId id)
    {
        id = default;
        if (!HasHubForm(text)) return false;
        var hyphen = text.IndexOf((byte)'-');
        if (!TryParseNumber(text[..hyphen], MaxMilliseconds, out var milliseconds)
            || !TryParseNumber(text[(hyphen + 1)..], SequenceMask, out var sequence)) return false;
        id = new(milliseconds << SequenceBits | sequence);
        return true;
    }

    /// <summary>Whether a text looks like a hub id (digits, a hyphen, digits), also one out of range. Publishers may not give such ids.</summary>
    public static bool HasHubForm(ReadOnlySpan<byte> text)
    {
        var hyphen = text.IndexOf((byte)'-');
        return hyphen > 0 && hyphen < text.Length - 1
            && !text[..hyphen].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && !text[(hyphen + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> digits, long max, out long value)
        => Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length && value <= max
            && (digits[0] != '0' || digits.Length == 1);

    public int CompareTo(EventId other) => Value.CompareTo(other.Value);

    public static bool operator <(EventId a, EventId b) => a.Value < b.Value;

    public static bool operator >(EventId a, EventId b) => a.Value > b.Value;

    public static bool operator <=(EventId a, EventId b) => a.Value <= b.Value;

    public static bool operator >=(EventId a, EventId b) => a.Value >= b.Value;

    public override string ToString() => string.Create(null, stackalloc char[MaxTextLength], $"{Milliseconds}-{Sequence}");
}
