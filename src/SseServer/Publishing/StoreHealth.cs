using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Publishing;

/// <summary>The state of the store as the last commit or check found it. Written by the thread that uses the store, read by any.</summary>
internal sealed class StoreHealth(ILogger logger)
{
    private int _state;

    public HistoryState State => (HistoryState)Volatile.Read(ref _state);

    /// <summary>
    /// Records a failure; returns the status that publishers get. Each publish tries again, so only the first failure of a kind is logged.
    /// </summary>
    public HubStatus Fail(StoreException exception)
    {
        var (state, status) = exception.Failure switch
        {
            StoreFailure.Full => (HistoryState.Full, HubStatus.StoreFull),
            StoreFailure.Missing => (HistoryState.Missing, HubStatus.StoreMissing),
            _ => (HistoryState.Unavailable, HubStatus.StoreUnavailable),
        };
        if (Interlocked.Exchange(ref _state, (int)state) != (int)state) StoreLog.CommitsFail(logger, exception.Failure, exception.Message);
        return status;
    }

    /// <summary>Records that a commit was written.</summary>
    public void Succeed()
    {
        if (Interlocked.Exchange(ref _state, (int)HistoryState.Ok) != (int)HistoryState.Ok) StoreLog.CommitsWork(logger);
    }

    /// <summary>Records that a store that did not answer does so again; a full one is known to be better only by a commit.</summary>
    public void Recover() => RecoverFrom(HistoryState.Unavailable);

    /// <summary>Checks that the store's file exists, so that the state is known even if nothing is published.</summary>
    public void CheckFile(IEventStore store)
    {
        try
        {
            store.EnsureAvailable();
            RecoverFrom(HistoryState.Missing);
        }
        catch (StoreException e)
        {
            Fail(e);
        }
    }

    private void RecoverFrom(HistoryState state)
    {
        if (Interlocked.CompareExchange(ref _state, (int)HistoryState.Ok, (int)state) == (int)state) StoreLog.CommitsWork(logger);
    }
}
