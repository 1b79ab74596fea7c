using Microsoft.Extensions.Logging;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>Log messages of the process about itself. Event ids 100 to 199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Information, "sse-server {Version} started, process {ProcessId}")]
    public static partial void Started(ILogger logger, string version, int processId);

    [LoggerMessage(101, LogLevel.Information, "Stopping; streams and requests have {DrainSeconds} s to end")]
    public static partial void Stopping(ILogger logger, double drainSeconds);

    [LoggerMessage(102, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(104, LogLevel.Warning, "SIGHUP is ignored, because settings are read at start only; restart the server to change them")]
    public static partial void HangUpIgnored(ILogger logger);

    [LoggerMessage(103, LogLevel.Critical, "Unhandled exception; the server is stopping")]
    public static partial void UnhandledException(ILogger logger, Exception exception);

    [LoggerMessage(110, LogLevel.Warning,
        "Memory pressure is {Level}: {Used} of {Limit} bytes are used. Limits:MaxMemory sets the limit, Retention:MaxTotalBytes history")]
    public static partial void MemoryPressureChanged(ILogger logger, MemoryPressure level, long used, long limit);
}
