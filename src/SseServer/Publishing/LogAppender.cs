using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// The only way into the logs. <see cref="Apply"/> takes events that have their ids, in id order; the rest prepares batches for it. Under
/// the catalog's lock.
/// </summary>
/// <param name="catalog">Whose logs.</param>
/// <param name="uncommitted">Takes what is applied before its commit; null without a store.</param>
internal sealed class LogAppender(TopicCatalog catalog, UncommittedEvents? uncommitted)
{
    private readonly HoldWork _work = catalog.Lock.Work;
    private PublishCounters _counters;
    private long _stamp;

    /// <summary>What was published so far.</summary>
    public PublishCounters Counters => _counters;

    /// <summary>Begins to append events of a batch under a hold: the logs that they touch are listed again.</summary>
    public void Begin(PublishBatch batch) => batch.Stamp = ++_stamp;

    /// <summary>
    /// Appends an event to its topic's log and to those of the patterns that match, and moves the head to it. Everything that follows from
    /// an append is done here: the publisher id, the superseded event, the topic's end, retention.
    /// </summary>
    /// <param name="record">The event.</param>
    /// <param name="batch">Takes the logs that were touched, for waking their subscribers.</param>
    /// <param name="unixMilliseconds">The wall clock.</param>
    public void Apply(in LogRecord record, PublishBatch batch, long unixMilliseconds)
    {
        var (topic, id) = (record.Topic, record.Id);
        catalog.Topics.Match(topic);
        _work.Add(1 + topic.MatchingPatternCount);
        using (catalog.Budget.Track(topic))
        {
            var entry = Append(record);
            if (!record.PublisherId.IsEmpty) catalog.PublisherIds.Add(topic, record.PublisherId, id, record.Digest);
            if (id > catalog.Ids.CommittedThrough) uncommitted!.Add(new(topic, entry, record.PublisherId.Length, record.Digest));
            else if (catalog.Ids.IsStored) topic.CommittedThrough = id;
            Touch(batch, topic);
            foreach (var pattern in topic.MatchingPatterns)
            {
                pattern.Append(entry);
                Touch(batch, pattern);
            }

            if (entry.Key is not null) topic.Supersede(entry);
            _counters.Events++;
            _counters.Bytes += entry.Length;
        }

        catalog.Retention.Trim(topic, unixMilliseconds);
        if (catalog.Budget.IsExceeded) catalog.Retention.EvictLargest(before: id);
        // Last, so that a thread that reads the head finds every event up to it in the logs.
        catalog.Ids.Advance(id);
        if (!record.IsFinal) return;
        using (catalog.Budget.Track(topic)) topic.End(id, isEvent: !record.IsEndAlone);
        _counters.Ended++;
    }

    /// <summary>
    /// Enters a topic's deletion: everything that the topic had is gone, and its streams end. It takes two ids, its own and the next, so
    /// that the position of a stream that joins later is above the deletion's. Returns the last event that is gone.
    /// </summary>
    /// <param name="topic">The topic.</param>
    /// <param name="id">The deletion's id, above the head.</param>
    public EventId ApplyDeletion(Topic topic, EventId id)
    {
        catalog.Topics.Match(topic);
        _work.Add(1 + topic.MatchingPatternCount);
        EventId last;
        using (catalog.Budget.Track(topic)) last = topic.Delete(id);
        catalog.Ids.Advance(new(id.Value + 1));
        _counters.Deleted++;
        return last;
    }

    /// <summary>The id of what is appended next.</summary>
    public EventId NextId()
    {
        var now = catalog.Clock.UnixMilliseconds;
        catalog.Ids.CheckClock(catalog.Ids.Head, now);
        return EventId.Next(catalog.Ids.Head, now);
    }

    /// <summary>Finds a topic that can be deleted: one that somebody has published to, and that is not deleted already.</summary>
    public Topic? FindDeletable(ReadOnlySpan<byte> name)
        => catalog.Topics.Find(name) is { IsForSubscribersOnly: false, IsDeleted: false } topic ? topic : null;

    /// <summary>Counts an event that was not appended because its topic has it.</summary>
    public void CountRepeat() => _counters.Repeats++;

    /// <summary>Finds or creates the topics of some events; false if there would be too many.</summary>
    public bool TryFindTopics(PublishBatch batch, Span<PublishBatch.Item> items)
    {
        foreach (ref var item in items)
            if (!TryFindTopic(batch, ref item)) return false;
        return true;
    }

    /// <summary>Finds or creates the topic of an event; false if there would be too many.</summary>
    public bool TryFindTopic(PublishBatch batch, ref PublishBatch.Item item)
    {
        var maxTopics = batch.IsForSubscribers ? catalog.Options.MaxTopicsForSubscribers : catalog.Options.MaxTopics;
        item.IsRepeat = item.IsConflict = false;
        item.Topic = catalog.Topics.FindOrCreate(batch.TopicOf(item), maxTopics);
        if (item.Topic is null) return false;
        item.Topic.LastUsed = catalog.Clock.Milliseconds;
        item.Topic.IsForSubscribersOnly = false;
        return true;
    }

    /// <summary>Assigns ids to events and applies them, until the hold's work is done; returns how many, at least one.</summary>
    /// <param name="batch">Whose events; their topics are found, and <see cref="PublisherIdRule"/> and <see cref="EndRule"/> allow
    /// them, under the same hold.</param>
    /// <param name="items">The events.</param>
    public int AppendNew(PublishBatch batch, Span<PublishBatch.Item> items)
    {
        var now = catalog.Clock.UnixMilliseconds;
        catalog.Ids.CheckClock(catalog.Ids.Head, now);
        Begin(batch);
        var count = 0;
        while (count < items.Length && (count == 0 || !_work.IsSpent))
        {
            ref var item = ref items[count++];
            batch.ResolveRepeat(ref item);
            if (item.IsRepeat)
            {
                CountRepeat();
                continue;
            }

            item.Id = EventId.Next(catalog.Ids.Head, now);
            Apply(batch.RecordOf(item), batch, now);
        }

        return count;
    }

    /// <summary>Lists a log that got an event, once for each <see cref="Begin"/>.</summary>
    public static void Touch(PublishBatch batch, EventLog log)
    {
        if (log.PublishStamp == batch.Stamp) return;
        log.PublishStamp = batch.Stamp;
        batch.Touched.Add(log);
    }

    private static LogEntry Append(in LogRecord record)
    {
        int length, prefixLength;
        if (record.Frame.IsEmpty)
        {
            var writer = new FrameWriter(record.Id, record.Block, !record.PublisherId.IsEmpty);
            length = writer.Length;
            prefixLength = writer.Write(record.Topic.Reserve(length, record.Id));
        }
        else
        {
            (length, prefixLength) = (record.Frame.Length, record.PrefixLength);
            record.Frame.CopyTo(record.Topic.Reserve(length, record.Id));
        }

        return record.Topic.Append(
            record.Id, length, prefixLength, record.TypeHash, !record.PublisherId.IsEmpty, record.Key, record.IsFinal);
    }
}

/// <summary>What was published so far. Written under the catalog's lock.</summary>
internal struct PublishCounters
{
    /// <summary>Events appended.</summary>
    public long Events;

    /// <summary>Bytes of their frames.</summary>
    public long Bytes;

    /// <summary>Events that were not appended because their topic retains the same publisher id.</summary>
    public long Repeats;

    /// <summary>Topics that ended.</summary>
    public long Ended;

    /// <summary>Topics that were deleted.</summary>
    public long Deleted;
}
