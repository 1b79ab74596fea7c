using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>
/// Watched topics whose number of subscribers changed, for presence. Recording a change is O(1); a topic is listed once, however often it
/// changes.
/// </summary>
internal sealed class SubscriberChanges(CatalogLock gate)
{
    // Topics counted under one hold of the lock.
    private const int CountedTopics = 1024;

    private List<Topic> _changed = [];
    private List<Topic> _taken = [];

    /// <summary>Changes the number of a log's subscribers. Under the lock.</summary>
    public void Add(EventLog log, int subscribers)
    {
        log.Subscribers += subscribers;
        if (log is not Topic { IsWatched: true, IsChangeNoted: false } topic) return;
        topic.IsChangeNoted = true;
        _changed.Add(topic);
    }

    /// <summary>
    /// Adds each watched topic whose number of subscribers may have changed since the last call, with that number. A topic that was removed
    /// and created again may be listed twice: the last one counts. One caller at a time, without the lock.
    /// </summary>
    public void Take(List<SubscriberChange> changes)
    {
        using (gate.EnterInBackground()) (_changed, _taken) = (_taken, _changed);
        for (var start = 0; start < _taken.Count; start += CountedTopics)
        {
            using (gate.EnterInBackground())
            {
                for (var i = start; i < Math.Min(_taken.Count, start + CountedTopics); i++)
                {
                    var topic = _taken[i];
                    topic.IsChangeNoted = false;
                    changes.Add(new(topic.Name, topic.Subscribers));
                }
            }
        }

        _taken.Clear();
    }
}

/// <summary>How many subscriptions name a topic. Those of patterns that match it do not count.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Subscribers">The subscriptions.</param>
internal readonly record struct SubscriberChange(byte[] Topic, int Subscribers);
