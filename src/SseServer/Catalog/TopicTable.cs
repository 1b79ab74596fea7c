using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>The topics: found by name, created, ended, removed. Under the lock.</summary>
internal sealed class TopicTable(
    HubOptions options, HubClock clock, EventIdSequence ids, RetentionFloor floor, PatternTable patterns, HistoryBudget budget,
    EndedTopics ended, HoldWork work)
{
    // Ended topics checked for one that can be removed, which bounds what a full table costs a publish.
    private const int MaxEndedTried = 16;

    private readonly Dictionary<byte[], Topic> _byName = new(Utf8Comparer.Instance);
    private readonly List<Topic> _topics = [];

    /// <summary>With a store: has it delete its events of a topic that is removed early. Set by Publishing.</summary>
    public Action<Topic>? RemoveStored { get; set; }

    public int Count => _topics.Count;

    /// <summary>A topic of a round through all; null past the last. A removal moves the last topic into the hole.</summary>
    public Topic? At(int position) => position < _topics.Count ? _topics[position] : null;

    public Topic? Find(ReadOnlySpan<byte> name)
        => _byName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var topic) ? topic : null;

    /// <summary>How far the events of a topic that does not exist may have been evicted.</summary>
    public EventId FloorOf(ReadOnlySpan<byte> name) => floor.Of(name);

    /// <summary>Finds or creates a topic; null if that would be too many.</summary>
    public Topic? FindOrCreate(ReadOnlySpan<byte> name, int maxTopics)
    {
        if (Find(name) is { } known) return known;
        // Ended topics without events are removed once the table is full, so they do not count.
        if (_topics.Count - ended.Count >= maxTopics) return null;
        if (_topics.Count >= options.MaxTopics && !TryMakeRoom()) return null;
        return Add(name);
    }

    /// <summary>Finds or creates a topic however many there are: another server has published to it.</summary>
    public Topic FindOrAdd(ReadOnlySpan<byte> name) => Find(name) ?? Add(name);

    /// <summary>Creates a topic that the store knows, with its history in the store alone.</summary>
    public void Restore(StoredTopic stored, EventId origin)
    {
        var topic = Create(stored.Name);
        topic.IsForSubscribersOnly = false;
        topic.SetStored(new(stored.TrimmedThrough), new(stored.LostThrough), new(stored.LastId));
        topic.EvictThrough(new(Math.Max(stored.LostThrough, origin.Value)));
        if (stored.DeletedId > 0)
        {
            topic.RestoreDeletion(new(stored.DeletedId));
            ended.Add(topic);
        }

        // An end that was forgotten is still stored, before what came after it.
        if (stored.EndId == 0 || stored.EndId < stored.LastId) return;
        topic.End(new(stored.EndId), isEvent: false);
        ended.Add(topic);
    }

    /// <summary>Forgets an end or a deletion that was known for long enough and has no events left: its topic takes new events.</summary>
    public void ForgetEnd(Topic topic, long unixMilliseconds)
    {
        if (!topic.IsClosed || topic.Pending > 0 || topic.HasEvents) return;
        var end = topic.HasEnded ? topic.EndId : topic.DeletedThrough;
        if (unixMilliseconds - end.Milliseconds < (long)options.EndedLinger.TotalMilliseconds) return;
        topic.Reopen();
        ended.Remove(topic);
    }

    /// <summary>Whether a topic is empty and out of use.</summary>
    public bool IsUnused(Topic topic)
        => topic is { IsEmpty: true, HasStoredEvents: false, IsClosed: false, Pending: 0 } && IsOutOfUse(topic, options.TopicLinger);

    /// <summary>Whether a log has had no subscriber, and was not published to, for some time.</summary>
    public bool IsOutOfUse(EventLog log, TimeSpan linger)
        => log.Subscribers == 0 && clock.Milliseconds - log.LastUsed > linger.TotalMilliseconds;

    public void Remove(Topic topic)
    {
        floor.Raise(topic.Name, topic.EvictedThrough);
        ended.Remove(topic);
        TopicsBySize.Remove(topic);
        _byName.Remove(topic.Name);
        var last = _topics[^1];
        _topics[topic.Position] = last;
        last.Position = topic.Position;
        _topics.RemoveAt(_topics.Count - 1);
        topic.Position = -1;
    }

    /// <summary>The names of the topics that begin with a prefix.</summary>
    public List<byte[]> NamesBelow(ReadOnlySpan<byte> prefix)
    {
        var names = new List<byte[]>();
        foreach (var topic in _topics)
            if (topic.Name.AsSpan().StartsWith(prefix)) names.Add(topic.Name);
        return names;
    }

    /// <summary>Compares a topic with the patterns that came since it was last compared.</summary>
    public void Match(Topic topic)
    {
        if (topic.MatchedThrough == patterns.Newest) return;
        using (budget.Track(topic)) patterns.Match(topic);
    }

    private Topic Add(ReadOnlySpan<byte> name)
    {
        var topic = Create(name.ToArray());
        work.Add(HoldWork.TopicCreated);
        if (ids.IsStored) topic.SetStored(default, default, default);
        topic.EvictThrough(floor.Of(name));
        return topic;
    }

    private Topic Create(byte[] name)
    {
        var (retention, durability) = options.RuleOf(name);
        var topic = new Topic(name, options.Shards, retention)
        {
            Durability = durability,
            IsWatched = options.Watches(name),
            LastUsed = clock.Milliseconds,
            Position = _topics.Count,
            Patterns = patterns,
            CreatedAfterPattern = patterns.Newest,
        };
        _byName.Add(topic.Name, topic);
        _topics.Add(topic);
        // Events that were shown but not committed before a crash may be lost, and which ones is unknown.
        if (durability == Durability.Async) topic.EvictThrough(ids.UncleanThrough);
        return topic;
    }

    /// <summary>Removes an ended topic before its time, if one without events and subscribers is found: the oldest first.</summary>
    private bool TryMakeRoom()
    {
        for (var tries = Math.Min(MaxEndedTried, ended.Count); tries > 0; tries--)
        {
            var topic = ended.First;
            ended.Remove(topic);
            if (topic is { Subscribers: 0, Pending: 0, HasEvents: false })
            {
                if (topic.CommittedThrough.Value > 0) Forget(topic);
                Remove(topic);
                return true;
            }

            ended.Add(topic);
        }

        return false;
    }

    /// <summary>
    /// Marks everything that the store still has of a topic as evicted, before the topic is removed: a new topic of the same name learns it
    /// from the floor, and subscribers of patterns from their patterns.
    /// </summary>
    private void Forget(Topic topic)
    {
        // Patterns that came since its last event read its keys from the store too.
        Match(topic);
        work.Add(topic.MatchingPatternCount);
        topic.EvictAll();
        RemoveStored!(topic);
    }
}
