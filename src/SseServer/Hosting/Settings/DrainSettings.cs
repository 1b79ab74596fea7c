namespace SseServer.Hosting.Settings;

/// <summary>The settings of the server's end.</summary>
internal static class DrainSettings
{
    /// <summary>Declares and reads them.</summary>
    public static DrainOptions Read(SettingsReader reader)
    {
        var defaults = new DrainOptions();
        return new()
        {
            Period = TimeSpan.FromSeconds(reader.Integer("Drain:Seconds", (int)defaults.Period.TotalSeconds, 0, 300,
                "Seconds that open streams and running requests have to end after SIGTERM or Ctrl+C. Streams end one by "
                    + "one over four fifths of it.")),
            RestartAllowance = reader.Duration("Drain:RestartAllowance", defaults.RestartAllowance, TimeSpan.Zero, TimeSpan.FromMinutes(10),
                "From the end of the server until its successor listens: no client is told to come back sooner. Not used "
                    + "with Drain:CloseListener."),
            ClosesListener = reader.Flag("Drain:CloseListener", defaults.ClosesListener,
                "Closes the listeners before the streams end, for nodes whose balancer takes new connections elsewhere. Otherwise "
                    + "newcomers are told when to come back."),
        };
    }
}
