using System.Buffers.Text;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// The id of an event, <c>&lt;unix milliseconds&gt;-&lt;sequence&gt;</c>, packed into one 64-bit integer so that it is read and written
/// without tearing. Ids rise strictly over all topics, so comparing two ids compares the positions of their events.
/// </summary>
/// <param name="Value">Milliseconds since 1970 shifted left by <see cref="SequenceBits"/>, plus the sequence; never negative.</param>
public readonly record struct EventId(long Value) : IComparable<EventId>
{
    /// <summary>A million events a millisecond before the sequence carries into the milliseconds.</summary>
    public const int SequenceBits = 20;

    /// <summary>13 digits of milliseconds (until the year 2248), a hyphen, 7 digits of sequence.</summary>
    public const int MaxTextLength = 21;

    private const long SequenceMask = (1L << SequenceBits) - 1;
    private const long MaxMilliseconds = long.MaxValue >> SequenceBits;

    /// <summary>When the event was published, in milliseconds since 1970, UTC.</summary>
    public long Milliseconds => Value >> SequenceBits;

    /// <summary>The highest id below this one.</summary>
    public EventId Previous => new(Value - 1);

    /// <summary>The event's number within its millisecond.</summary>
    public int Sequence => (int)(Value & SequenceMask);

    /// <summary>The first id of a millisecond; a time out of range gives the nearest id in range.</summary>
    public static EventId FirstAt(long unixMilliseconds) => new(Math.Clamp(unixMilliseconds, 0, MaxMilliseconds) << SequenceBits);

    /// <inheritdoc cref="FirstAt(long)"/>
    public static EventId FirstAt(DateTimeOffset time) => FirstAt(time.ToUnixTimeMilliseconds());

    /// <summary>
    /// The id after <paramref name="last"/>: the first of this millisecond, or the next in sequence if the clock has not advanced or was
    /// set back.
    /// </summary>
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
        if (!HasServerForm(text)) return false;
        var hyphen = text.IndexOf((byte)'-');
        if (!TryParseNumber(text[..hyphen], MaxMilliseconds, out var milliseconds)
            || !TryParseNumber(text[(hyphen + 1)..], SequenceMask, out var sequence)) return false;
        id = new(milliseconds << SequenceBits | sequence);
        return true;
    }

    /// <summary>
    /// Whether a text has the form of a server's id (digits, a hyphen, digits), even if out of range. Publishers may not give such ids.
    /// </summary>
    public static bool HasServerForm(ReadOnlySpan<byte> text)
    {
        var hyphen = text.IndexOf((byte)'-');
        return hyphen > 0 && hyphen < text.Length - 1
            && !text[..hyphen].ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && !text[(hyphen + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> digits, long max, out long value)
        => Utf8Parser.TryParse(digits, out value, out var used) && used == digits.Length && value <= max
            && (digits[0] != '0' || digits.Length == 1);

    /// <inheritdoc/>
    public int CompareTo(EventId other) => Value.CompareTo(other.Value);

    /// <summary>Whether <paramref name="a"/> is below <paramref name="b"/>.</summary>
    public static bool operator <(EventId a, EventId b) => a.Value < b.Value;

    /// <summary>Whether <paramref name="a"/> is above <paramref name="b"/>.</summary>
    public static bool operator >(EventId a, EventId b) => a.Value > b.Value;

    /// <summary>Whether <paramref name="a"/> is at or below <paramref name="b"/>.</summary>
    public static bool operator <=(EventId a, EventId b) => a.Value <= b.Value;

    /// <summary>Whether <paramref name="a"/> is at or above <paramref name="b"/>.</summary>
    public static bool operator >=(EventId a, EventId b) => a.Value >= b.Value;

    /// <inheritdoc/>
    public override string ToString() => string.Create(null, stackalloc char[MaxTextLength], $"{Milliseconds}-{Sequence}");
}
