using System.Globalization;

namespace SseServer.Hosting.Settings;

/// <summary>Periods as people write them. A unit is required, because the framework reads a bare <c>15</c> as fifteen days.</summary>
internal static class DurationText
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    /// <summary>Reads <c>500ms</c>, <c>15s</c>, <c>2m</c>, <c>24h</c>, <c>7d</c> or <c>[d.]hh:mm:ss[.fff]</c>.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        if (text.Contains(':', StringComparison.Ordinal)) return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        var suffix = text.AsSpan(digits.Length);
        foreach (var (name, unit) in Units)
        {
            if (!suffix.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            var isNumber = long.TryParse(digits.TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
            if (!isNumber || count > TimeSpan.MaxValue.Ticks / unit.Ticks) break;
            value = unit * count;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Writes a whole period in the largest unit that divides it, except that one day is <c>24h</c>.</summary>
    public static string Format(TimeSpan value)
    {
        if (value == TimeSpan.Zero) return "0s";
        for (var i = Units.Length - 1; i >= 0; i--)
        {
            var (suffix, unit) = Units[i];
            var isOneDay = suffix == "d" && value.Ticks == unit.Ticks;
            if (value.Ticks % unit.Ticks == 0 && !isOneDay)
                return (value.Ticks / unit.Ticks).ToString(CultureInfo.InvariantCulture) + suffix;
        }

        return value.ToString("c", CultureInfo.InvariantCulture);
    }
}
