using Microsoft.Extensions.Logging;
using SseServer.Hub;

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

    [LoggerMessage(104, LogLevel.Warning, "SIGHUP is ignored: settings are read at the start only, so restart the server")]
    public static partial void HangUpIgnored(ILogger logger);

    [LoggerMessage(103, LogLevel.Critical, "The server broke down")]
    public static partial void BrokeDown(ILogger logger, Exception exception);

    [LoggerMessage(110, LogLevel.Warning, "Memory pressure is {Level}: {Used} of {Limit} bytes are used. Limits:MaxMemory moves the limit, Retention:MaxTotalBytes what history takes")]
    public static partial void MemoryPressureChanged(ILogger logger, MemoryPressure.Level level, long used, long limit);
}
