namespace SseServer.History;

/// <summary>The disk or the file does not do what a store needs. The message is one sentence for the operator, with the path and what to mend.</summary>
internal sealed class StoreException(StoreFailure failure, string message, Exception? innerException = null) : Exception(message, innerException)
{
    public StoreFailure Failure { get; } = failure;
}
