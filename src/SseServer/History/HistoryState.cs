namespace SseServer.History;

/// <summary>How the store of history is, as its last commit found it.</summary>
internal enum HistoryState
{
    Ok,

    /// <summary>The disk is full: nothing is published, reading goes on.</summary>
    Full,

    /// <summary>The disk or the file cannot be written: nothing is published, reading goes on as far as it can.</summary>
    Unavailable,

    /// <summary>The file was deleted, moved or replaced: nothing is published until it is back, reading goes on as far as it can.</summary>
    Missing,

    /// <summary>Some stored events are damaged: their readers get a gap, and all else works.</summary>
    Damaged,
}
