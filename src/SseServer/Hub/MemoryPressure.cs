namespace SseServer.Hub;

/// <summary>How short of memory the process is, as Hosting reports it to the hub.</summary>
internal enum MemoryPressure
{
    /// <summary>There is enough memory.</summary>
    None,

    /// <summary>History is being evicted, or is kept as short as it was made.</summary>
    ShortHistory,

    /// <summary>There is little history left to evict: new streams and new events are refused.</summary>
    Full,
}
