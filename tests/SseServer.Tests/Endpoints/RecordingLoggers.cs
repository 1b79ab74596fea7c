using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// Keeps what any part of the server logs at Warning or above: a healthy run has nothing there. That a limit was reached is kept apart: tests reach
/// limits on purpose.
/// </summary>
internal sealed class RecordingLoggers : ILoggerFactory
{
    private const int LimitReached = 2010;

    public ConcurrentQueue<string> Complaints { get; } = new();

    public ConcurrentQueue<string> Limits { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Logger(RecordingLoggers owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == LimitReached) owner.Limits.Enqueue(formatter(state, exception));
            else if (IsEnabled(logLevel)) owner.Complaints.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
    }
}
