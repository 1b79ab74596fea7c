namespace SseServer.Hosting.Settings;

/// <summary>The settings for stopping the server.</summary>
internal static class DrainSettings
{
    /// <summary>Declares and reads them.</summary>
    public static DrainOptions Read(SettingsReader reader)
    {
        var defaults = new DrainOptions();
        return new()
        {
            Period = TimeSpan.FromSeconds(reader.Integer("Drain:Seconds", (int)defaults.Period.TotalSeconds, 0, 300,
                "Seconds that open streams and running requests have to end after SIGTERM or Ctrl+C. Streams are ended one by one over "
                    + "the first four fifths.")),
            RestartAllowance = reader.Duration("Drain:RestartAllowance", defaults.RestartAllowance, TimeSpan.Zero, TimeSpan.FromMinutes(10),
                "Time from the end of this server until its successor listens. Clients are not told to reconnect sooner. Not used with "
                    + "Drain:CloseListener."),
            ClosesListener = reader.Flag("Drain:CloseListener", defaults.ClosesListener,
                "Closes the listeners before the streams end, for nodes behind a load balancer that sends new connections elsewhere. If "
                    + "false, new clients are told when to reconnect."),
        };
    }
}
