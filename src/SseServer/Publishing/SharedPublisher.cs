using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// Publishes to a history that several servers share. <see cref="SharedAppender"/> commits batches to the store, which assigns their ids;
/// <see cref="SharedTail"/> reads what was committed, by this server and by others, and enters it into the logs; <see
/// cref="SharedTrimmer"/> trims the store if no other server does. Each has a thread, since each waits for the database.
/// </summary>
internal sealed class SharedPublisher : IPublisher
{
    private readonly SharedAppender _commits;
    private readonly SharedTail _tail;
    private readonly SharedTrimmer _trimmer;
    private readonly StoreHealth _health;
    private readonly Backpressure _backpressure;

    /// <param name="catalog">Whose logs.</param>
    /// <param name="fanOut">The subscribers.</param>
    /// <param name="store">Open.</param>
    /// <param name="onForeignEvents">Called when subscribers were sent events that the history has lost: their streams must end, so that
    /// clients come back and are told.</param>
    /// <param name="faults">Takes our own bugs.</param>
    /// <param name="logger">Logs failures of the store.</param>
    public SharedPublisher(
        TopicCatalog catalog, IFanOut fanOut, ISharedStore store, Action onForeignEvents, Faults faults, ILogger logger)
    {
        _health = new(logger);
        _backpressure = new(catalog, fanOut);
        Appender = new(catalog, uncommitted: null);
        _trimmer = new(catalog, store, _health, faults, logger);
        _tail = new(catalog, fanOut, Appender, store, _trimmer, _health, onForeignEvents, faults, logger);
        _commits = new(catalog, Appender, store, _tail, _health, faults, logger);
    }

    public LogAppender Appender { get; }

    /// <summary>The state of the store.</summary>
    public HistoryState State => _health.State;

    /// <summary>How long ago this server read the store's newest events.</summary>
    public TimeSpan Lag => _tail.Lag;

    public void Start()
    {
        _tail.Start();
        _commits.Start();
        _trimmer.Start();
    }

    /// <summary>Each second. Any thread.</summary>
    public void Tick()
    {
        _trimmer.Tick();
        _commits.Tick();
    }

    public ValueTask<HubStatus> PublishAsync(PublishBatch batch)
        => PublisherIdRule.AllowsWithin(batch) ? AfterCommitAsync(_commits.EnqueueAsync(batch), batch) : new(HubStatus.IdConflict);

    public async ValueTask<(HubStatus Status, EventId Id)> DeleteAsync(byte[] topic) => await _commits.DeleteAsync(topic);

    /// <summary>Asks where the store has a publisher id, lowest event id first; nowhere, if the store cannot be read. Any thread.</summary>
    public Task<IReadOnlyList<StoredLocation>> FindAsync(byte[] publisherId) => _commits.FindAsync(publisherId);

    /// <summary>Commits what waits, and ends the threads.</summary>
    public void Dispose()
    {
        _commits.Dispose();
        _trimmer.Dispose();
        _tail.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HubStatus> AfterCommitAsync(ValueTask<HubStatus> commit, PublishBatch batch)
    {
        var status = await commit;
        if (status == HubStatus.Ok) await _backpressure.WaitAsync(batch);
        return status;
    }
}
