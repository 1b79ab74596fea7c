using System.Collections.Concurrent;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

// Ends of topics: those of the group, whose events are not in the logs yet, and topics that gave way before their time.
internal sealed partial class Sequencer
{
    private readonly ConcurrentQueue<Topic> _forgotten = new();

    // The last attempt to have the store forget one did not fail, or a second has passed.
    private bool _mayForget = true;

    // The default id stands for an end of the batch that is being looked at.
    private readonly Dictionary<Topic, EventId> _groupEnds = [];

    /// <summary>The store need not know a topic any more that the hub has let go of with its end.</summary>
    public void Forget(Topic topic)
    {
        _forgotten.Enqueue(topic);
        _wake.Set();
    }

    private bool TryForget()
    {
        if (!_mayForget || !_forgotten.TryDequeue(out var topic)) return false;
        try
        {
            // One of the same name that has events is there again: they are in the same place, and come after the end. One that only
            // readers have made again is not to be ended at the next start.
            if (_hub.FindTopic(topic.Name) is not { CommittedThroughUnderLock.Value: > 0 })
            {
                // Its keys have nobody left to whom they are the newest.
                FinishTrim(topic, keysThrough: topic.CommittedThroughUnderLock);
                _store.RemoveTopic(topic.Name);
            }
        }
        catch (StoreException)
        {
            _forgotten.Enqueue(topic);
            throw;
        }

        _hub.EndForget(topic);
        return true;
    }

    /// <summary>
    /// Refuses a batch with an event that comes after its topic's end, in the log, in the group or in the batch itself. What repeats an end that stands is none.
    /// </summary>
    private HubStatus CheckEnds(PublishBatch batch)
    {
        var items = batch.Items;
        for (var i = 0; i < items.Length; i++)
        {
            ref var item = ref items[i];
            if (item.IsRepeat) continue;
            var topic = item.Topic!;
            var end = topic.EndId;
            var isOver = topic.HasEnded || (_groupEnds.Count > 0 && _groupEnds.TryGetValue(topic, out end));
            if (!isOver && !item.IsFinal) continue;
            if (item.PublisherIdLength > 0 && _groupIds.TryFindUnderLock(topic, batch.PublisherIdOf(item), out _)) continue;
            if (!isOver)
            {
                _groupEnds.Add(topic, default);
            }
            else if (item.IsEndAlone && end.Value != 0)
            {
                (item.Id, item.IsRepeat) = (end, true);
                batch.NeedsCommit |= !topic.HasEnded;
            }
            else
            {
                batch.RefusedIndex = i;
                TakeBackEnds(items[..i]);
                return HubStatus.TopicEnded;
            }
        }

        return HubStatus.Ok;
    }

    private void TakeBackEnds(Span<PublishBatch.Item> items)
    {
        foreach (ref readonly var item in items)
            if (item.IsFinal && _groupEnds.TryGetValue(item.Topic!, out var end) && end.Value == 0) _groupEnds.Remove(item.Topic!);
    }
}
