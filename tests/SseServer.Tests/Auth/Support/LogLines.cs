using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SseServer.Tests.Auth.Support;

/// <summary>Keeps all log messages of every level.</summary>
internal sealed class LogLines<T> : ILogger<T>
{
    public ConcurrentQueue<(LogLevel Level, int Id, string Text)> Entries { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Entries.Enqueue((logLevel, eventId.Id, formatter(state, exception) + exception));

    public int Count(int id) => Entries.Count(entry => entry.Id == id);
}
