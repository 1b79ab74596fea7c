namespace SseServer.Hub;

/// <summary>How the store of history is, as its last commit found it.</summary>
internal enum HistoryState
{
    Ok,

    /// <summary>The disk is full: nothing is published, reading goes on.</summary>
    Full,

    /// <summary>The disk or the file cannot be written: nothing is published, reading goes on as far as it can.</summary>
    Unavailable,
}
