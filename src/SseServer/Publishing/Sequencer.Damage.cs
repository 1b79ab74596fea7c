using SseServer.Catalog;
using SseServer.History;

namespace SseServer.Publishing;

// What may happen to the store's file beside a full disk: events that cannot be read, and a file that is not there any more.
internal sealed partial class Sequencer
{
    /// <summary>
    /// One step of a trim. What it lets go of beyond the plan because it cannot be read, readers hear of before it is gone.
    /// </summary>
    private bool TrimStep(Topic topic, in StoreTrim plan)
        => _store.Trim(topic.Name, plan, lostThrough => _hub.TryTrimStore(topic, new StoreTrim(0, lostThrough)));

    /// <summary>Each second: a file that went away is told though nobody publishes, and so is that it came back.</summary>
    private void CheckFile()
    {
        try
        {
            _store.EnsureAvailable();
            const int Missing = (int)HistoryState.Missing;
            if (Interlocked.CompareExchange(ref _state, (int)HistoryState.Ok, Missing) == Missing) StoreLog.CommitsWork(_logger);
        }
        catch (StoreException e)
        {
            OnFailure(e);
        }
    }
}
