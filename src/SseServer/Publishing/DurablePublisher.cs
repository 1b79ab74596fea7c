using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// Publishes with a store. A batch of topics with synchronous durability goes through the <see cref="Sequencer"/>, which commits it before
/// subscribers see it; one of topics with asynchronous durability is appended at once, as in memory, and committed soon.
/// </summary>
internal sealed class DurablePublisher : IPublisher
{
    private readonly TopicCatalog _catalog;
    private readonly IFanOut _fanOut;
    private readonly UncommittedEvents _uncommitted;
    private readonly Backpressure _backpressure;
    private readonly bool _hasAsyncTopics;

    /// <param name="catalog">Whose logs.</param>
    /// <param name="fanOut">The subscribers.</param>
    /// <param name="store">Open.</param>
    /// <param name="lease">Ids up to here may be shown before the first commit.</param>
    /// <param name="faults">Takes our own bugs.</param>
    /// <param name="logger">Logs failures of the store.</param>
    public DurablePublisher(TopicCatalog catalog, IFanOut fanOut, IOwnedStore store, EventId lease, Faults faults, ILogger logger)
    {
        (_catalog, _fanOut) = (catalog, fanOut);
        _hasAsyncTopics = catalog.Options.HasAsyncTopics;
        _uncommitted = new(lease);
        _backpressure = new(catalog, fanOut);
        Appender = new(catalog, _uncommitted);
        Sequencer = new(catalog, fanOut, Appender, _uncommitted, store, faults, logger);
    }

    public LogAppender Appender { get; }

    public Sequencer Sequencer { get; }

    public ValueTask<HubStatus> PublishAsync(PublishBatch batch)
    {
        if (!PublisherIdRule.AllowsWithin(batch)) return new(HubStatus.IdConflict);
        if (_hasAsyncTopics && TryPublishAtOnce(batch, out var status)) return _backpressure.AnswerAsync(batch, status);
        return AfterCommitAsync(Sequencer.EnqueueAsync(batch), batch);
    }

    public async ValueTask<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic) => await Sequencer.DeleteAsync(topic);

    /// <summary>Commits what waits and closes the store.</summary>
    public void Dispose() => Sequencer.Dispose();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HubStatus> AfterCommitAsync(ValueTask<HubStatus> commit, PublishBatch batch)
    {
        var status = await commit;
        if (status == HubStatus.Ok) await _backpressure.WaitAsync(batch);
        return status;
    }

    /// <summary>
    /// Appends a batch whose topics are all asynchronous, to be committed soon; false if it must go through the sequencer.
    /// </summary>
    private bool TryPublishAtOnce(PublishBatch batch, out HubStatus status)
    {
        bool isFirst;
        using (_catalog.Lock.Enter())
        {
            // A batch with more work than one hold allows is queued too, since its events must become visible together.
            if (batch.Count > Math.Max(1, HoldWork.Budget / (HoldWork.TopicCreated + _catalog.Patterns.Count)))
            {
                status = HubStatus.Ok;
                return false;
            }

            isFirst = _uncommitted.IsEmpty;
            if (!TryAppendUnderLock(batch, out status)) return false;
        }

        if (status != HubStatus.Ok) return true;
        _fanOut.Notify(batch.Touched, mayServe: true);
        if (isFirst) Sequencer.CommitSoon();
        return true;
    }

    private bool TryAppendUnderLock(PublishBatch batch, out HubStatus status)
    {
        status = HubStatus.Ok;
        // The sequencer refuses what would be written to a file that is gone.
        if (Sequencer.State == HistoryState.Missing) return false;
        if (!_uncommitted.HasRoomFor(batch, EventId.Next(_catalog.Ids.Head, _catalog.Clock.UnixMilliseconds))) return false;
        batch.Ends.Clear();
        if (!Appender.TryFindTopics(batch, batch.Items))
        {
            status = HubStatus.TooManyTopics;
            return true;
        }

        if (!AreAllAsync(batch)) return false;
        var isAllowed = PublisherIdRule.Allows(batch, 0, batch.Count, _catalog.PublisherIds);
        if (NeedsStore(batch)) return false;
        if (!isAllowed) status = HubStatus.IdConflict;
        else if (!batch.Ends.Allows(batch, 0, batch.Count)) status = HubStatus.TopicEnded;
        else Appender.AppendNew(batch, batch.Items);
        return true;
    }

    private static bool AreAllAsync(PublishBatch batch)
    {
        foreach (ref readonly var item in batch.Items)
            if (item.Topic!.Durability != Durability.Async) return false;
        return true;
    }

    // If only the store may have an event's publisher id, the sequencer looks it up.
    private static bool NeedsStore(PublishBatch batch)
    {
        foreach (ref readonly var item in batch.Items)
        {
            var isKnown = item.IsRepeat || item.IsConflict || item.RepeatsInBatch;
            if (item.PublisherIdLength > 0 && item.Topic!.Marks.IsStoreAhead && !isKnown) return true;
        }

        return false;
    }
}
