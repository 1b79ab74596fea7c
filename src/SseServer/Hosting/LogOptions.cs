using Serilog.Events;

namespace SseServer.Hosting;

/// <summary>What is logged, and as what.</summary>
internal sealed record LogOptions
{
    /// <summary>The least level that is logged.</summary>
    public LogEventLevel Level { get; init; } = LogEventLevel.Information;

    /// <summary>Other least levels, by the beginning of the names of the types that log.</summary>
    public IReadOnlyDictionary<string, LogEventLevel> Levels { get; init; } = new Dictionary<string, LogEventLevel>();

    /// <summary>Whether each event is a line of JSON instead of text for people.</summary>
    public bool IsJson { get; init; }
}
