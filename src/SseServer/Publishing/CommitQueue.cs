using SseServer.Catalog;

namespace SseServer.Publishing;

/// <summary>
/// Batches that wait for the sequencer, in order of arrival. Publishers push to a lock-free stack; the sequencer's thread takes the whole
/// stack and reverses it.
/// </summary>
internal sealed class CommitQueue
{
    // One commit: about a fifth of a second on a disk that writes 20 MB a second; the store reserves room for it.
    private const int MaxGroupBytes = 4 * 1024 * 1024;
    private const int MaxGroupEvents = 16 * 1024;

    private readonly Queue<PublishBatch> _waiting = new();
    private PublishBatch? _pushed;

    /// <summary>Adds a batch. Any thread.</summary>
    public void Push(PublishBatch batch)
    {
        PublishBatch? top;
        do batch.NextQueued = top = Volatile.Read(ref _pushed);
        while (Interlocked.CompareExchange(ref _pushed, batch, top) != top);
    }

    /// <summary>Moves a group of bounded size into a list; false if nothing waits. On the sequencer's thread.</summary>
    public bool TryTakeGroup(List<PublishBatch> group)
    {
        TakeOver();
        var (events, bytes) = (0, 0L);
        while (events < MaxGroupEvents && bytes < MaxGroupBytes && _waiting.TryDequeue(out var batch))
        {
            group.Add(batch);
            events += batch.Count;
            bytes += batch.Bytes;
        }

        return group.Count > 0;
    }

    /// <summary>Refuses the batches that were pushed after the sequencer stopped. Any thread; each batch is answered once.</summary>
    public void RefusePushed()
    {
        for (var batch = Interlocked.Exchange(ref _pushed, null); batch is not null;)
        {
            var next = batch.NextQueued;
            batch.NextQueued = null;
            batch.Complete(HubStatus.StoreUnavailable);
            batch = next;
        }
    }

    // The stack has the newest first.
    private void TakeOver()
    {
        PublishBatch? reversed = null;
        var batch = Interlocked.Exchange(ref _pushed, null);
        while (batch is not null) (batch.NextQueued, reversed, batch) = (reversed, batch, batch.NextQueued);
        while (reversed is not null)
        {
            var next = reversed.NextQueued;
            reversed.NextQueued = null;
            _waiting.Enqueue(reversed);
            reversed = next;
        }
    }
}
