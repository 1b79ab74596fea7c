using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace SseServer.Tests.Endpoints;

/// <summary>
/// Keeps what any part of the server logs at Warning or above: a healthy run has nothing there. That a limit was reached is kept apart:
/// tests reach limits on purpose.
/// </summary>
internal sealed class RecordingLoggers : ILoggerFactory
{
    public ConcurrentQueue<string> Complaints { get; } = new();

    public ConcurrentQueue<string> Told { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // There is nothing to release.
    }

    // Memory pressure, limits, slow readers, sheds.
    private static bool IsTold(EventId id) => id.Id is 110 or 2010 or 2011 or 2012 or 2030;

    private sealed class Logger(RecordingLoggers owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsTold(eventId)) owner.Told.Enqueue(formatter(state, exception));
            else if (logLevel >= LogLevel.Warning)
                owner.Complaints.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
        }
    }
}
