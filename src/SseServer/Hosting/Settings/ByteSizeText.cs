using System.Globalization;

namespace SseServer.Hosting.Settings;

/// <summary>Sizes as people write them. Units are powers of 1024, in upper or lower case.</summary>
internal static class ByteSizeText
{
    private static readonly (string Suffix, long Unit)[] Units = [("", 1), ("KB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30)];

    /// <summary>Reads <c>65536</c>, <c>64KB</c>, <c>16MB</c> or <c>1GB</c>.</summary>
    public static bool TryParse(string text, out long value) => UnitText.TryParse(text, Units, out value);

    /// <summary>Writes a size in the largest unit that divides it.</summary>
    public static string Format(long value)
    {
        for (var i = Units.Length - 1; i > 0 && value != 0; i--)
        {
            var (suffix, unit) = Units[i];
            if (value % unit == 0) return (value / unit).ToString(CultureInfo.InvariantCulture) + suffix;
        }

        return value.ToString(CultureInfo.InvariantCulture);
    }
}
