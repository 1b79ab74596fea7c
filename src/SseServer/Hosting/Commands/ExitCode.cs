namespace SseServer.Hosting.Commands;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded; for the server, it stopped cleanly.</summary>
    public const int Success = 0;

    /// <summary>The server could not start or failed, the checked server is not healthy, or the history is damaged.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
