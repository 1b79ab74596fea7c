using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SseServer.Hosting;

/// <summary>
/// Handles SIGHUP, which by default would end the process at once, without a drain and without closing the store. If the server runs at a
/// terminal, the signal means that the terminal is gone, and the server stops cleanly. Otherwise it is by convention a request to reload
/// the settings, which this server cannot do, so it is ignored and logged.
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
