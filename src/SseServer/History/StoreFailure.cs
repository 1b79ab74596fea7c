namespace SseServer.History;

/// <summary>Why a store cannot do what it was asked.</summary>
internal enum StoreFailure
{
    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>The file or its directory cannot be written.</summary>
    ReadOnly,

    /// <summary>The file is damaged, is no store, or is of a newer version.</summary>
    Corrupt,

    /// <summary>The disk fails, or the file is missing or another process's.</summary>
    Unavailable,

    /// <summary>The file at the path is not the one that is open: it was deleted, moved or replaced.</summary>
    Missing,
}
