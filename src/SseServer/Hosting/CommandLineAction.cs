namespace SseServer.Hosting;

/// <summary>What the command line asks for.</summary>
internal enum CommandLineAction
{
    /// <summary>Run the server.</summary>
    Run,

    /// <summary>Print the options and settings.</summary>
    Help,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Ask a running server whether it is well.</summary>
    Check,

    /// <summary>Look into a history's file.</summary>
    History,
}
