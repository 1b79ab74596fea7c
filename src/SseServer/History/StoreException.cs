namespace SseServer.History;

/// <summary>Why a store cannot do what it was asked to do.</summary>
internal enum StoreFailure
{
    /// <summary>The disk is full.</summary>
    Full,

    /// <summary>The file or its directory cannot be written.</summary>
    ReadOnly,

    /// <summary>The file is damaged, is not a store, or has a newer format.</summary>
    Corrupt,

    /// <summary>The disk fails, or the file is missing or in use by another process.</summary>
    Unavailable,

    /// <summary>The file at the path is not the open one: that one was deleted, moved or replaced.</summary>
    Missing,
}

/// <summary>
/// The disk or the file fails the store. The message is one sentence for the operator: what is wrong, with the path, and what to do.
/// </summary>
internal sealed class StoreException(StoreFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public StoreFailure Failure { get; } = failure;
}
