using System.Globalization;

namespace SseServer.Hosting.Settings;

/// <summary>A whole number with a unit, as people write it: <c>15s</c>, <c>64 KB</c>. Pure.</summary>
internal static class UnitText
{
    /// <summary>Reads a number and a unit, in upper or lower case; the product must fit in 63 bits.</summary>
    public static bool TryParse(string text, ReadOnlySpan<(string Suffix, long Unit)> units, out long value)
    {
        var digits = text.AsSpan().TrimEnd("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        var suffix = text.AsSpan(digits.Length);
        value = 0;
        foreach (var (name, unit) in units)
        {
            if (!suffix.Equals(name, StringComparison.OrdinalIgnoreCase)) continue;
            var isNumber = long.TryParse(digits.TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
            if (!isNumber || count > long.MaxValue / unit) return false;
            value = count * unit;
            return true;
        }

        return false;
    }
}
