using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>What publishers need of Delivery: to wake it, and to wait for it. Implemented by Delivery. Any thread.</summary>
internal interface IFanOut
{
    /// <summary>
    /// Has the subscribers of some logs served. Called without the lock, after the head was set: every event up to the head is in its logs.
    /// </summary>
    /// <param name="logs">The logs that got events.</param>
    /// <param name="mayServe">Whether the calling thread may serve a few subscribers itself. A thread with work of its own only wakes the
    /// shards.</param>
    void Notify(List<EventLog> logs, bool mayServe);

    /// <summary>Whether live subscribers of a log have yet to get more than half of what it retains.</summary>
    bool IsFarBehind(EventLog log);

    /// <summary>Completes once no live subscriber of a log is far behind.</summary>
    Task CatchUpAsync(EventLog log);

    /// <summary>Completes once every shard has completed one more pass.</summary>
    Task NextPassAsync();
}
