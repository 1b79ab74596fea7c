using Serilog.Events;

namespace SseServer.Hosting;

/// <summary>What is logged, and in which form. Immutable.</summary>
internal sealed record LogOptions
{
    /// <summary>The lowest level that is logged. Default Information.</summary>
    public LogEventLevel Level { get; init; } = LogEventLevel.Information;

    /// <summary>Other lowest levels for types whose full name begins with the key. None by default.</summary>
    public IReadOnlyDictionary<string, LogEventLevel> Levels { get; init; } = new Dictionary<string, LogEventLevel>();

    /// <summary>Whether each event is a line of JSON instead of text. Default false.</summary>
    public bool IsJson { get; init; }
}
