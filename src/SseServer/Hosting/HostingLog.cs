using Microsoft.Extensions.Logging;

namespace SseServer.Hosting;

/// <summary>What the process says of its own life. Event ids 100 to 199.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(100, LogLevel.Information, "sse-server {Version} started, process {ProcessId}")]
    public static partial void Started(ILogger logger, string version, int processId);

    [LoggerMessage(101, LogLevel.Information, "Stopping: streams and requests have {DrainSeconds} s to end")]
    public static partial void Stopping(ILogger logger, double drainSeconds);

    [LoggerMessage(102, LogLevel.Information, "Stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(103, LogLevel.Critical, "The server broke down")]
    public static partial void BrokeDown(ILogger logger, Exception exception);
}
