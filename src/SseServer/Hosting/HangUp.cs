using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SseServer.Hosting;

/// <summary>
/// SIGHUP. By itself it would end the process at once, without a drain and with a history that is not closed in order. A run at a terminal
/// is stopped in order, since that signal says that its terminal is gone. To any other run it is, by the custom of servers, a request to
/// read the settings again, which this server cannot do: so nothing is done, and the log says so.
/// </summary>
internal static class HangUp
{
    /// <summary>Handles the signal until the registration is disposed of.</summary>
    public static PosixSignalRegistration Handle(IHostApplicationLifetime lifetime, ILogger logger)
    {
        var isAtTerminal = !Console.IsInputRedirected;
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            if (isAtTerminal) lifetime.StopApplication();
            else HostingLog.HangUpIgnored(logger);
        });
    }
}
