using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Hub;

// The table of topics, and what goes away from it: history over its bounds, topics nobody uses.
internal sealed partial class EventHub
{
    // Topics looked at under one hold of the lock.
    private const int SweepTopics = 256;

    // Index segments (of 512 references) looked at under one hold of the lock.
    private const int SweepSegments = HoldWork.Budget / PatternIndex.SegmentEntries;

    // History shed under one hold of the lock: some dozens of full segments.
    private const int ShedBytes = 2 * 1024 * 1024;

    // Topics asked for history at one publish, so that many that have nothing to give cost it no more than that.
    private const int EvictionLooks = 256;

    private readonly Dictionary<byte[], Topic> _topics = new(Utf8Comparer.Instance);
    private readonly List<Topic> _topicList = [];
    private readonly TopicsBySize _bySize = new();
    private readonly HoldWork _work = new();
    private TopicFootprint _history;
    private long _maxHistoryBytes;
    private bool _evictionWaits;
    private int _sweeping;

    /// <summary>A topic that is in use; null where there is none of that name.</summary>
    internal Topic? FindTopic(ReadOnlySpan<byte> name)
    {
        lock (_gate) return _topics.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var topic) ? topic : null;
    }

    private Topic? FindOrCreateTopicUnderLock(ReadOnlySpan<byte> name, int maxTopics)
    {
        if (_topics.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var topic)) return topic;
        // Ends without events give way, so they take nobody's share; and they stay until the table is full.
        if (_topicList.Count - _markers.Count >= maxTopics) return null;
        if (_topicList.Count >= Options.MaxTopics && !TryMakeRoomUnderLock()) return null;
        topic = CreateTopicUnderLock(name.ToArray());
        _work.Add(HoldWork.TopicMade);
        if (_sequencer is not null) topic.SetStoredUnderLock(default, default, default);
        topic.EvictThroughUnderLock(_floor.Of(name));
        return topic;
    }

    private Topic CreateTopicUnderLock(byte[] name)
    {
        var (retention, durability) = Options.RuleOf(name);
        var topic = new Topic(name, _shards.Length, retention)
        {
            Durability = durability,
            IsWatched = Options.Watches(name),
            LastUsedUnderLock = Milliseconds,
            PositionUnderLock = _topicList.Count,
            Patterns = _patterns,
            MadeAfterPattern = _patterns.Newest,
        };
        _topics.Add(topic.Name, topic);
        _topicList.Add(topic);
        // What was shown and not committed before a crash may be lost: nobody knows which events those were.
        if (durability == Durability.Async) topic.EvictThroughUnderLock(_uncleanThrough);
        return topic;
    }

    /// <summary>
    /// Brings history under the hub's bound, and a little below it, so that this is not done at every publish: the topics that hold most
    /// give first, those of about the same size in turns.
    /// </summary>
    /// <param name="before">What is at or after this id was just appended, and stays.</param>
    private void EvictLargestUnderLock(EventId before) => EvictLargestUnderLock(_maxHistoryBytes - _maxHistoryBytes / 64, before);

    private void EvictLargestUnderLock(long goal, EventId before)
    {
        var isWaiting = false;
        var looks = EvictionLooks;
        for (var index = 0; index < _bySize.Classes && _history.Cost > goal && looks > 0; index++)
        {
            for (var refused = 0; refused < _bySize.CountIn(index) && _history.Cost > goal && looks > 0; looks--)
            {
                var topic = _bySize.TakeTurnUnderLock(index);
                // Whoever waits for its patterns' readers is found by asking all of them.
                _work.Add(1 + topic.PatternCountUnderLock);
                refused++;
                var through = Lowest(DroppableThroughUnderLock(topic), before.Previous);
                if (topic.MayGiveUnderLock(through))
                {
                    EvictOldestUnderLock(topic, through);
                    refused = 0;
                }
                else
                {
                    isWaiting |= topic.MayGiveUnderLock(Lowest(CommittedThrough, before.Previous));
                }

                // What is left is for the next publish: an event adds less than a segment gives.
                if (_work.IsSpent) looks = 1;
            }
        }

        Volatile.Write(ref _evictionWaits, isWaiting && _history.Cost > _maxHistoryBytes);
    }

    /// <summary>
    /// What of a topic memory may drop: what the store has or, without one, what every live reader was handed. So a reader that keeps up
    /// loses nothing to any bound; its publishers wait for it instead.
    /// </summary>
    private EventId DroppableThroughUnderLock(Topic topic) => _store is null ? topic.HandedToAllUnderLock : CommittedThrough;

    private static EventId Lowest(EventId a, EventId b) => a < b ? a : b;

    // The newest of each key goes when the topic has nothing else to give.
    private void EvictOldestUnderLock(Topic topic, EventId through)
    {
        var before = topic.FootprintUnderLock;
        if (topic.MayDropUnderLock(through)) _work.Add(topic.DropOldestUnderLock(_publisherIds));
        else topic.DropKeptUnderLock();
        // What memory drops the store still has.
        if (_store is null) _counters.Evicted += before.Events - topic.FootprintUnderLock.Events;
        CountChangeUnderLock(topic, before);
        MarkEndUnderLock(topic);
    }

    /// <summary>
    /// Brings a topic within its bounds at a time, as far as memory may drop its events, and as far as that goes under one hold of the
    /// lock; false if there is more to do. A segment is dropped in any case, so that a topic that is published to does not grow: an event
    /// adds one at most.
    /// </summary>
    private bool TrimUnderLock(Topic topic, long nowMilliseconds)
    {
        while (topic.IsOverRetentionUnderLock(nowMilliseconds) && topic.MayDropUnderLock(DroppableThroughUnderLock(topic)))
        {
            DropOldestUnderLock(topic);
            if (_work.IsSpent) return false;
        }

        if (!topic.IsKeptTooOldUnderLock(nowMilliseconds)) return true;
        var before = topic.FootprintUnderLock;
        do
        {
            topic.DropOldestKeptUnderLock();
            _work.Add(1 + 3 * topic.PatternCountUnderLock);
        }
        while (topic.IsKeptTooOldUnderLock(nowMilliseconds) && !_work.IsSpent);

        CountChangeUnderLock(topic, before);
        MarkEndUnderLock(topic);
        return !_work.IsSpent;
    }

    private void DropOldestUnderLock(Topic topic)
    {
        var before = topic.FootprintUnderLock;
        _work.Add(topic.DropOldestUnderLock(_publisherIds));
        CountChangeUnderLock(topic, before);
        MarkEndUnderLock(topic);
    }

    /// <summary>Takes a topic's change into the hub's sums.</summary>
    private void CountChangeUnderLock(Topic topic, in TopicFootprint before)
    {
        _history += topic.FootprintUnderLock - before;
        _bySize.UpdateUnderLock(topic);
    }

    /// <summary>Each second: heartbeats, history over its age, topics and patterns out of use.</summary>
    private void Sweep()
    {
        foreach (var shard in _shards) shard.Inbox.RequestSweep();
        if (Pinned.IsOverBound) Pinned.CutLongest();
        _sequencer?.Tick();
        lock (_gate) _clock.Follow();
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        try
        {
            lock (_gate) _patterns.BeginSweep();
            for (var position = int.MaxValue; position > 0; _turns.GiveWay()) position = SweepTopicsFrom(position);
            lock (_gate) _patterns.EndSweep();
            SweepPatterns();
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>
    /// Sets the bound on history, below what the options say where memory is short, and brings history under it: a little at a time, so that publishers
    /// go on. Readers that have not got what goes hear of a gap.
    /// </summary>
    public void BoundHistory(long bytes)
    {
        while (true)
        {
            lock (_gate)
            {
                _work.Begin();
                _maxHistoryBytes = Math.Min(bytes, Options.MaxHistoryBytes);
                Pinned.SetBound(_maxHistoryBytes);
                var cost = _history.Cost;
                if (cost <= _maxHistoryBytes) return;
                EvictLargestUnderLock(Math.Max(_maxHistoryBytes, cost - ShedBytes), before: new(long.MaxValue));
                // What is left was not handed to its readers yet, or is not committed.
                if (_history.Cost == cost) return;
            }

            _turns.GiveWay();
        }
    }

    // From the last to the first: a removal moves the last topic, which was looked at already, into the hole.
    private int SweepTopicsFrom(int position)
    {
        lock (_gate)
        {
            var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
            _work.Begin();
            for (position = Math.Min(position, _topicList.Count); position > 0 && !_work.IsSpent; position--)
            {
                var topic = _topicList[position - 1];
                _work.Add(HoldWork.TopicSwept);
                ClearPatternsUnderLock(topic);
                // One with more to let go of is come to again.
                if (!TrimUnderLock(topic, now)) return position;
                ForgetEndUnderLock(topic, now);
                // A topic that the store knows is the sequencer's to remove.
                if (topic is { IsEmptyUnderLock: true, PendingUnderLock: 0, HasEnded: false } && topic.CommittedThroughUnderLock.Value == 0 && IsOutOfUseUnderLock(topic, Options.TopicLinger)) RemoveTopicUnderLock(topic);
            }

            return position;
        }
    }

    private void ClearPatternsUnderLock(Topic topic)
    {
        var before = topic.FootprintUnderLock;
        topic.ClearPatternsUnderLock();
        CountChangeUnderLock(topic, before);
    }

    private bool IsOutOfUseUnderLock(EventLog log, TimeSpan linger)
        => log.HoldersUnderLock == 0 && Milliseconds - log.LastUsedUnderLock > linger.TotalMilliseconds;

    private void RemoveTopicUnderLock(Topic topic)
    {
        _floor.RaiseUnderLock(topic.Name, topic.EvictedThrough);
        UnmarkEndUnderLock(topic);
        TopicsBySize.RemoveUnderLock(topic);
        _topics.Remove(topic.Name);
        var last = _topicList[^1];
        _topicList[topic.PositionUnderLock] = last;
        last.PositionUnderLock = topic.PositionUnderLock;
        _topicList.RemoveAt(_topicList.Count - 1);
        topic.PositionUnderLock = -1;
    }
}
