using System.Globalization;

namespace SseServer.Hosting.Settings;

/// <summary>Periods as people write them. A unit is required, because the framework reads a bare <c>15</c> as fifteen days.</summary>
internal static class DurationText
{
    private static readonly (string Suffix, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
        ("d", TimeSpan.TicksPerDay),
    ];

    /// <summary>Reads <c>500ms</c>, <c>15s</c>, <c>2m</c>, <c>24h</c>, <c>7d</c> or <c>[d.]hh:mm:ss[.fff]</c>.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        if (text.Contains(':', StringComparison.Ordinal)) return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
        var isRight = UnitText.TryParse(text, Units, out var ticks);
        value = new TimeSpan(ticks);
        return isRight;
    }

    /// <summary>Writes a whole period in the largest unit that divides it, except that one day is <c>24h</c>.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0s";
        for (var i = Units.Length - 1; i >= 0; i--)
        {
            var (suffix, unit) = Units[i];
            var isOneDay = suffix == "d" && value.Ticks == unit;
            if (value.Ticks % unit == 0 && !isOneDay)
                return (value.Ticks / unit).ToString(CultureInfo.InvariantCulture) + suffix;
        }

        return value.ToString("c", CultureInfo.InvariantCulture);
    }
}
