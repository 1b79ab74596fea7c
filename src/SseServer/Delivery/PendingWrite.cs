using System.IO.Pipelines;

namespace SseServer.Delivery;

/// <summary>A write that a connection has not completed at once. Only subscriptions that were slow at least once have one.</summary>
/// <param name="done">Called when the write is over, on any thread.</param>
internal sealed class PendingWrite(Action done)
{
    private ValueTask<FlushResult> _write;

    public void Start(ValueTask<FlushResult> write)
    {
        _write = write;
        write.GetAwaiter().UnsafeOnCompleted(done);
    }

    /// <summary>Ends the wait; false if the connection is broken.</summary>
    public bool Complete()
    {
        var result = _write.GetAwaiter().GetResult();
        _write = default;
        return result is { IsCompleted: false, IsCanceled: false };
    }
}
