using SseServer.Protocol.Topics;

namespace SseServer.Hub;

// The tables of topics and patterns, and what goes away from them: history over its bounds, topics and patterns nobody uses.
internal sealed partial class EventHub
{
    // Topics looked at under one hold of the lock.
    private const int SweepTopics = 256;

    // Index segments (of 512 references) looked at under one hold of the lock.
    private const int SweepSegments = 64;

    // History shed under one hold of the lock: some dozens of full segments.
    private const int ShedBytes = 2 * 1024 * 1024;

    private readonly Dictionary<byte[], Topic> _topics = new(Utf8Comparer.Instance);
    private readonly List<Topic> _topicList = [];
    private readonly Dictionary<byte[], PatternIndex> _patterns = new(Utf8Comparer.Instance);
    private TopicFootprint _history;
    private long _maxHistoryBytes;
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
        if (_sequencer is not null) topic.SetStoredUnderLock(default, default, default);
        topic.EvictThroughUnderLock(_floor.Of(name));
        return topic;
    }

    private Topic CreateTopicUnderLock(byte[] name)
    {
        var (retention, promise) = Options.RuleOf(name);
        var topic = new Topic(name, _shards.Length, retention)
        {
            Promise = promise,
            IsWatched = Options.Watches(name),
            LastUsedUnderLock = Milliseconds,
            PositionUnderLock = _topicList.Count,
        };
        topic.PatternsUnderLock = [.. _patterns.Values.Where(pattern => pattern.Pattern.Matches(topic.Name))];
        _topics.Add(topic.Name, topic);
        _topicList.Add(topic);
        // What was shown and not committed before a crash may be lost: nobody knows which events those were.
        if (promise == PublishPromise.Fast) topic.EvictThroughUnderLock(_uncleanThrough);
        return topic;
    }

    private PatternIndex? FindOrCreatePatternUnderLock(TopicPattern pattern)
    {
        if (_patterns.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(pattern.Utf8, out var index)) return index;
        if (_patterns.Count >= Options.MaxPatterns && !TryRemoveUnreadPatternUnderLock()) return null;
        index = new PatternIndex(pattern, _shards.Length, Options.Retention);
        index.EvictThroughUnderLock(_floor.Highest);
        index.EvictThroughUnderLock(_uncleanThrough);
        var history = new List<Topic>();
        foreach (var topic in _topicList)
        {
            if (!pattern.Matches(topic.Name)) continue;
            index.EvictThroughUnderLock(topic.EvictedThrough);
            index.DropThroughUnderLock(topic.DroppedThrough);
            index.MissThroughUnderLock(topic.MissedThrough);
            topic.PatternsUnderLock = [.. topic.PatternsUnderLock, index];
            history.Add(topic);
        }

        _patterns.Add(index.Name, index);
        var head = new EventId(_head);
        ThreadPool.UnsafeQueueUserWorkItem(_ => GatherHistory(index, history, head), null);
        return index;
    }

    private void GatherHistory(PatternIndex index, List<Topic> topics, EventId head)
    {
        try
        {
            var history = PatternIndex.MergeHistory(topics, head, _gate);
            lock (_gate) index.PrependHistoryUnderLock(history);
            index.Ready.SetResult();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            OnFault(e);
            index.Ready.SetException(e);
        }
    }

    /// <summary>
    /// Brings history under the hub's bound, and a little below it, so that this is not done at every publish: the topics that hold most
    /// give first. What the largest holds falls by a quarter at least each time around, so that many small topics do not mean many rounds.
    /// </summary>
    private void EvictLargestUnderLock() => EvictLargestUnderLock(_maxHistoryBytes - _maxHistoryBytes / 64 - Volatile.Read(ref _pinnedBytes));

    private void EvictLargestUnderLock(long goal)
    {
        while (_history.Cost > goal)
        {
            long most = 0;
            foreach (var topic in _topicList)
                if (topic.MayGiveUnderLock(CommittedThrough)) most = Math.Max(most, topic.CostUnderLock);
            if (most == 0) return;
            foreach (var topic in _topicList)
                while (_history.Cost > goal && topic.CostUnderLock > most - most / 4 && topic.MayGiveUnderLock(CommittedThrough)) EvictOldestUnderLock(topic);
        }
    }

    // The newest of each key goes when the topic has nothing else to give.
    private void EvictOldestUnderLock(Topic topic)
    {
        var before = topic.FootprintUnderLock;
        if (topic.MayDropUnderLock(CommittedThrough)) topic.DropOldestUnderLock(_publisherIds);
        else topic.DropKeptUnderLock();
        var change = topic.FootprintUnderLock - before;
        _history += change;
        // What memory drops the store still has.
        if (_store is null) _counters.Evicted -= change.Events;
        MarkEndUnderLock(topic);
    }

    /// <summary>Brings a topic within its bounds at a time, as far as its events are committed.</summary>
    private void TrimUnderLock(Topic topic, long nowMilliseconds)
    {
        while (topic.IsOverRetentionUnderLock(nowMilliseconds) && topic.MayDropUnderLock(CommittedThrough)) DropOldestUnderLock(topic);
        if (!topic.IsKeptTooOldUnderLock(nowMilliseconds)) return;
        var before = topic.FootprintUnderLock;
        while (topic.IsKeptTooOldUnderLock(nowMilliseconds)) topic.DropOldestKeptUnderLock();
        _history += topic.FootprintUnderLock - before;
        MarkEndUnderLock(topic);
    }

    private void DropOldestUnderLock(Topic topic)
    {
        var before = topic.FootprintUnderLock;
        topic.DropOldestUnderLock(_publisherIds);
        _history += topic.FootprintUnderLock - before;
        MarkEndUnderLock(topic);
    }

    /// <summary>Each second: heartbeats, history over its age, topics and patterns out of use.</summary>
    private void Sweep()
    {
        foreach (var shard in _shards) shard.Tick();
        _sequencer?.Tick();
        lock (_gate) _clock.Follow();
        if (Interlocked.Exchange(ref _sweeping, 1) != 0) return;
        try
        {
            for (var position = int.MaxValue; position > 0;) position = SweepTopicsFrom(position);
            foreach (var index in SweepPatterns())
                while (Trim(index))
                {
                }
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
                _maxHistoryBytes = Math.Min(bytes, Options.MaxHistoryBytes);
                var before = _history.Cost;
                if (before <= _maxHistoryBytes) return;
                EvictLargestUnderLock(Math.Max(_maxHistoryBytes, before - ShedBytes));
                // What is left may be pinned, or smaller than a segment.
                if (_history.Cost == before) return;
            }
        }
    }

    private bool Trim(PatternIndex index)
    {
        lock (_gate) return index.TrimUnderLock(SweepSegments);
    }

    // From the last to the first: a removal moves the last topic, which was looked at already, into the hole.
    private int SweepTopicsFrom(int position)
    {
        lock (_gate)
        {
            var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
            position = Math.Min(position, _topicList.Count);
            var end = Math.Max(0, position - SweepTopics);
            while (--position >= end)
            {
                var topic = _topicList[position];
                TrimUnderLock(topic, now);
                ForgetEndUnderLock(topic, now);
                // A topic that the store knows is the sequencer's to remove.
                if (topic is { IsEmptyUnderLock: true, PendingUnderLock: 0, HasEnded: false } && topic.CommittedThroughUnderLock.Value == 0 && IsOutOfUseUnderLock(topic, Options.TopicLinger)) RemoveTopicUnderLock(topic);
            }

            return end;
        }
    }

    private bool IsOutOfUseUnderLock(EventLog log, TimeSpan linger)
        => log.HoldersUnderLock == 0 && Milliseconds - log.LastUsedUnderLock > linger.TotalMilliseconds;

    private void RemoveTopicUnderLock(Topic topic)
    {
        _floor.RaiseUnderLock(topic.Name, topic.EvictedThrough);
        UnmarkEndUnderLock(topic);
        _topics.Remove(topic.Name);
        var last = _topicList[^1];
        _topicList[topic.PositionUnderLock] = last;
        last.PositionUnderLock = topic.PositionUnderLock;
        _topicList.RemoveAt(_topicList.Count - 1);
    }

    private List<PatternIndex> SweepPatterns()
    {
        lock (_gate)
        {
            foreach (var index in _patterns.Values.Where(index => index.Ready.Task.IsCompleted && IsOutOfUseUnderLock(index, Options.PatternLinger)).ToList())
                RemovePatternUnderLock(index);

            return [.. _patterns.Values.Where(index => index.Ready.Task.IsCompletedSuccessfully)];
        }
    }

    private void RemovePatternUnderLock(PatternIndex index)
    {
        _patterns.Remove(index.Name);
        foreach (var topic in _topicList)
            if (topic.PatternsUnderLock.Contains(index)) topic.PatternsUnderLock = [.. topic.PatternsUnderLock.Where(other => other != index)];
    }

    /// <summary>Makes room for a pattern where one that is only kept for its readers' return can go: the one they left first.</summary>
    private bool TryRemoveUnreadPatternUnderLock()
    {
        var unread = _patterns.Values.Where(index => index.HoldersUnderLock == 0 && index.Ready.Task.IsCompleted).MinBy(index => index.LastUsedUnderLock);
        if (unread is null) return false;
        RemovePatternUnderLock(unread);
        return true;
    }
}
