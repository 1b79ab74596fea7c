using System.Globalization;
using System.Text;

namespace SseServer.Endpoints;

/// <summary>Reads times (RFC 3339 section 5.6).</summary>
internal static class Rfc3339Time
{
    private const int SecondsEnd = 19;
    private const int MaxFraction = 12;

    // A tick is 100 ns, so further digits are cut off.
    private const int UsedFraction = 7;

    // date-time = full-date "T" partial-time time-offset; partial-time = hour ":" minute ":" second [ "." 1*12DIGIT ]
    // time-offset = "Z" / ("+" / "-") hour ":" minute; "T" and "Z" in either case

    /// <summary>Reads a time; false if it has another form, or is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out DateTimeOffset time)
    {
        time = default;
        if (utf8.Length is < SecondsEnd + 1 or > SecondsEnd + 1 + MaxFraction + 6) return false;
        // A '+' in the offset that was not percent-encoded has become a space.
        var text = Encoding.UTF8.GetString(utf8).Replace(' ', '+');
        if (text.Length <= SecondsEnd || text[10] is not ('T' or 't')) return false;
        var digits = 0;
        var offsetAt = SecondsEnd;
        if (text[SecondsEnd] == '.')
        {
            while (SecondsEnd + 1 + digits < text.Length && char.IsAsciiDigit(text[SecondsEnd + 1 + digits])) digits++;
            if (digits is 0 or > MaxFraction) return false;
            offsetAt += 1 + digits;
        }

        var fraction = digits == 0 ? "" : text.Substring(SecondsEnd, 1 + Math.Min(digits, UsedFraction));
        var offset = text[offsetAt..];
        if (offset is "z") offset = "Z";
        if (offset is not "Z" && !(offset.Length == 6 && offset[0] is '+' or '-')) return false;
        var format = "yyyy-MM-dd'T'HH:mm:ss" + (digits == 0 ? "" : ".FFFFFFF") + "K";
        return DateTimeOffset.TryParseExact(
            $"{text[..10]}T{text[11..SecondsEnd]}{fraction}{offset}", format, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
