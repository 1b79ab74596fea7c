namespace SseServer.Hosting;

/// <summary>What the process answers its caller.</summary>
internal static class ExitCode
{
    /// <summary>Did what was asked; for a server, stopped in order.</summary>
    public const int Success = 0;

    /// <summary>Could not start, broke down, or the checked server is not well.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
