using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Publishing;

/// <summary>
/// Retention in a store that several servers share: the one that owns the task trims (<see cref="StoreTrimmer"/>), the others only forget
/// topics that are out of use. On a thread of its own.
/// </summary>
internal sealed class SharedTrimmer : IDisposable
{
    private readonly ISharedStore _store;
    private readonly ILogger _logger;
    private readonly StoreTrimmer _trimmer;
    private readonly WorkerThread _thread;
    private int _tickDue;
    private bool _isOwner;

    public SharedTrimmer(TopicCatalog catalog, ISharedStore store, StoreHealth health, Faults faults, ILogger logger)
    {
        (_store, _logger) = (store, logger);
        _trimmer = new(catalog, store, health, () => _isOwner, faults, logger);
        _thread = new("trimmer", Step, faults);
        catalog.Topics.RemoveStored = topic =>
        {
            catalog.StoreRemovals.BeginRemoval(topic);
            _trimmer.Remove(topic);
        };
    }

    public void Start() => _thread.Start();

    /// <summary>Each second. Any thread.</summary>
    public void Tick()
    {
        Volatile.Write(ref _tickDue, 1);
        _trimmer.Tick();
        _thread.Wake();
    }

    /// <inheritdoc cref="StoreTrimmer.MarkDue"/>
    public void MarkDue(Topic topic) => _trimmer.MarkDue(topic);

    public void Dispose() => _thread.Stop();

    private bool Step()
    {
        if (_thread.IsStopping) return false;
        if (Interlocked.Exchange(ref _tickDue, 0) != 0)
        {
            try
            {
                _isOwner = _store.TryOwnRetention();
            }
            catch (StoreException e)
            {
                // Another server may own the task by now.
                _isOwner = false;
                StoreLog.TrimsFail(_logger, e.Message);
                return false;
            }
        }

        return _trimmer.TryStep();
    }
}
