using SseServer.Catalog;
using SseServer.Log;
using SseServer.Publishing;

namespace SseServer.Hub;

// Topics whose number of readers changed, noted for whoever tells of it. Noting is O(1) under the lock; a topic stands in the list once, however often it changes.
internal sealed partial class EventHub
{
    // Topics counted under one hold of the lock.
    private const int CountedTopics = 1024;

    private List<Topic> _changedReaders = [];
    private List<Topic> _takenReaders = [];

    /// <summary>
    /// Adds each watched topic whose number of readers may have changed since the last call, with that number. A topic that went away and came again may be there twice: the
    /// last one counts. One caller at a time.
    /// </summary>
    public void TakeReaderChanges(List<TopicReaders> changes)
    {
        lock (_gate) (_changedReaders, _takenReaders) = (_takenReaders, _changedReaders);
        for (var start = 0; start < _takenReaders.Count; start += CountedTopics)
        {
            lock (_gate)
            {
                for (var i = start; i < Math.Min(_takenReaders.Count, start + CountedTopics); i++)
                {
                    var topic = _takenReaders[i];
                    topic.AreReadersNotedUnderLock = false;
                    changes.Add(new(topic.Name, topic.HoldersUnderLock));
                }
            }
        }

        _takenReaders.Clear();
    }

    /// <summary>The names of the topics that begin with a prefix. Looks at all topics under the lock: for the start.</summary>
    public List<byte[]> TopicsBelow(ReadOnlySpan<byte> prefix)
    {
        var names = new List<byte[]>();
        lock (_gate)
            foreach (var topic in _topicList)
                if (topic.Name.AsSpan().StartsWith(prefix)) names.Add(topic.Name);
        return names;
    }

    private void HoldUnderLock(EventLog log, int by)
    {
        log.HoldersUnderLock += by;
        if (log is not Topic { IsWatched: true, AreReadersNotedUnderLock: false } topic) return;
        topic.AreReadersNotedUnderLock = true;
        _changedReaders.Add(topic);
    }

    private int MaxTopicsFor(PublishBatch batch) => batch.IsForReaders ? Options.MaxTopicsForReaders : Options.MaxTopics;
}
