using System.Buffers.Text;
using System.Globalization;

namespace SseServer.Endpoints;

/// <summary>Durations in query parameters and JSON: a whole number with a unit, such as <c>10s</c>. Pure.</summary>
internal static class DurationParameter
{
    // duration = 1*9DIGIT ( "ms" / "s" / "m" / "h" / "d" )

    /// <summary>Reads a duration; one of more than 100 years is 100 years. False if the unit is missing.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out TimeSpan duration)
    {
        duration = default;
        if (!Utf8Parser.TryParse(value, out int number, out var used) || number < 0 || used > 9) return false;
        var unit = value[used..];
        TimeSpan? one = unit.SequenceEqual("ms"u8) ? TimeSpan.FromMilliseconds(1)
            : unit.SequenceEqual("s"u8) ? TimeSpan.FromSeconds(1)
            : unit.SequenceEqual("m"u8) ? TimeSpan.FromMinutes(1)
            : unit.SequenceEqual("h"u8) ? TimeSpan.FromHours(1)
            : unit.SequenceEqual("d"u8) ? TimeSpan.FromDays(1) : null;
        if (one is not { } length || value[0] is (byte)'+' or (byte)'-') return false;
        duration = length * Math.Min(number, TimeSpan.FromDays(36_500) / length);
        return true;
    }

    /// <summary>Writes a duration in seconds, or in milliseconds if it is not a whole number of seconds.</summary>
    public static string Format(TimeSpan duration)
        => duration.Ticks % TimeSpan.TicksPerSecond == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.Ticks / TimeSpan.TicksPerSecond}s")
            : string.Create(CultureInfo.InvariantCulture, $"{(long)duration.TotalMilliseconds}ms");
}
