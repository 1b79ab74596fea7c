using System.Globalization;

namespace SseServer.Bench.FanOut.Report;

/// <summary>One measured number.</summary>
/// <param name="Name">The column's head, without the unit.</param>
/// <param name="Value">The number; NaN if there is none.</param>
/// <param name="Unit">What it is in.</param>
/// <param name="HasRatio">Whether dividing two servers' values says something.</param>
internal readonly record struct Metric(string Name, double Value, Unit Unit, bool HasRatio = false)
{
    /// <summary>The column's head with its unit.</summary>
    public string Heading => Unit switch
    {
        Unit.PerSecond => $"{Name}/s",
        Unit.Microseconds => $"{Name}, µs",
        Unit.Milliseconds => $"{Name}, ms",
        Unit.Bytes => $"{Name}, bytes",
        Unit.Megabytes => $"{Name}, MB",
        Unit.Percent => $"{Name}, %",
        _ => Name,
    };

    /// <summary>The value as a table shows it: three digits that matter, whole numbers whole.</summary>
    public static string Format(double value)
    {
        if (double.IsNaN(value)) return "-";
        var digits = value is 0 || Math.Abs(value) >= 100 ? 0 : Math.Abs(value) >= 10 ? 1 : 2;
        return value.ToString($"N{(value == Math.Floor(value) ? 0 : digits)}", CultureInfo.InvariantCulture);
    }
}

/// <summary>What a number is in. Says how it is written in tables.</summary>
internal enum Unit
{
    Count,
    PerSecond,
    Microseconds,
    Milliseconds,
    Bytes,
    Megabytes,
    Percent,
}
