namespace SseServer.Bench.FanOut.Report;

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
