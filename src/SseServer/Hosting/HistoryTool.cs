namespace SseServer.Hosting;

/// <summary>The tools that look into a history's file.</summary>
internal enum HistoryTool
{
    /// <summary>Read all of it and say what is wrong.</summary>
    Check,

    /// <summary>Say what it holds.</summary>
    Stats,

    /// <summary>Write its events as lines of JSON.</summary>
    Export,
}
