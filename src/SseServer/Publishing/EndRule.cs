using SseServer.Catalog;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// The rule that nothing follows a topic's end, whether the end is in the log or about to be appended. Events that the topic has may be
/// repeated, and so may the end. Remembers the ends that are not in the logs yet: those of one batch, or of a group that is committed
/// together.
/// </summary>
internal sealed class EndRule
{
    // The default id if the end's event has no id yet.
    private readonly Dictionary<Topic, EventId> _pending = [];

    /// <summary>
    /// Whether no event comes after its topic's end; <see cref="PublishBatch.RefusedIndex"/> names the first that does. Marks an end that
    /// repeats another as a repeat.
    /// </summary>
    /// <param name="batch">With its topics found, and repeats marked by <see cref="PublisherIdRule"/>.</param>
    /// <param name="start">The first event to check.</param>
    /// <param name="end">The first event not to check.</param>
    public bool Allows(PublishBatch batch, int start, int end)
    {
        var items = batch.Items;
        for (var i = start; i < end; i++)
        {
            ref var item = ref items[i];
            if (item.IsRepeat || item.RepeatsInBatch) continue;
            var topic = item.Topic!;
            var endId = topic.EndId;
            var isOver = endId.Value != 0 || (_pending.Count > 0 && _pending.TryGetValue(topic, out endId));
            if (!isOver && !item.IsFinal) continue;
            if (!isOver)
            {
                _pending.Add(topic, default);
            }
            else if (item.IsEndAlone && endId.Value != 0)
            {
                (item.Id, item.IsRepeat) = (endId, true);
                batch.NeedsCommit |= !topic.HasEnded;
            }
            else
            {
                batch.RefusedIndex = i;
                TakeBack(items[..i]);
                return false;
            }
        }

        return true;
    }

    /// <summary>A pending end got its id.</summary>
    public void SetId(Topic topic, EventId id) => _pending[topic] = id;

    /// <summary>The pending ends are in the logs, or were given up.</summary>
    public void Clear()
    {
        if (_pending.Count > 0) _pending.Clear();
    }

    private void TakeBack(Span<PublishBatch.Item> items)
    {
        foreach (ref readonly var item in items)
            if (item.IsFinal && _pending.TryGetValue(item.Topic!, out var end) && end.Value == 0) _pending.Remove(item.Topic!);
    }
}
