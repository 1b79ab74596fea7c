using System.Threading.Tasks.Sources;
using SseServer.Catalog;

namespace SseServer.Publishing;

/// <content>A batch that waits for the sequencer: its link in the queue and its result, so that waiting allocates nothing.</content>
internal sealed partial class PublishBatch : IValueTaskSource<HubStatus>
{
    // Publishers continue on other threads: the one thread that commits must not run them.
    private ManualResetValueTaskSourceCore<HubStatus> _completion = new() { RunContinuationsAsynchronously = true };

    internal PublishBatch? NextQueued;

    /// <summary>The index of its first event in the commit.</summary>
    internal int FirstCommitted;

    /// <summary>What the sequencer found before the commit.</summary>
    internal HubStatus Outcome;

    /// <summary>Some events are new, or repeat events of the same commit.</summary>
    internal bool NeedsCommit;

    /// <summary>The batch's status; awaited exactly once.</summary>
    internal ValueTask<HubStatus> Completion => new(this, _completion.Version);

    internal void Complete(HubStatus status) => _completion.SetResult(status);

    HubStatus IValueTaskSource<HubStatus>.GetResult(short token)
    {
        var status = _completion.GetResult(token);
        _completion.Reset();
        return status;
    }

    ValueTaskSourceStatus IValueTaskSource<HubStatus>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<HubStatus>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _completion.OnCompleted(continuation, state, token, flags);
}
