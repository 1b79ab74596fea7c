using System.Text;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.History.Support;

/// <summary>Writes events to a store, reads them back, and trims them.</summary>
internal static class StoreEvents
{
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The frame that a log holds for an event.</summary>
    public static byte[] Frame(StoredEvent e, out int prefixLength)
    {
        PublisherEventId publisherId = default;
        if (e.PublisherId is not null) Assert.That(PublisherEventId.TryCreate(Utf8(e.PublisherId), out publisherId), Is.True);
        EventName name = default;
        if (e.Name is not null) Assert.That(EventName.TryCreate(Utf8(e.Name), out name), Is.True);
        var source = new ServerSentEvent { Id = publisherId, Name = name, RetryMilliseconds = e.Retry, Data = Utf8(e.Data) };
        var block = new byte[EventStreamEncoder.Measure(source)];
        EventStreamEncoder.Write(block, source);
        var id = Utf8(new EventId(e.Id).ToString());
        var frame = new byte[EventFrame.Measure(id.Length, block.Length, e.PublisherId is not null)];
        EventFrame.Write(frame, id, block, e.PublisherId is not null, out prefixLength);
        return frame;
    }

    public static void Add(StoreCommit commit, StoredEvent e)
    {
        var frame = Frame(e, out var prefixLength);
        frame.CopyTo(commit.Reserve(frame.Length));
        var publisherIdLength = Utf8(e.PublisherId ?? "").Length;
        commit.Add(Utf8(e.Topic), e.Id, frame.Length, prefixLength, publisherIdLength, Utf8(e.Key ?? ""), e.IsFinal, e.Digest);
    }

    /// <summary>Commits events at once; the mark rises to the last of them.</summary>
    public static void Commit(IEventStore store, params IEnumerable<StoredEvent> events)
    {
        var commit = new StoreCommit();
        foreach (var e in events) Add(commit, e);
        commit.HighWater = commit.Entries[^1].Id;
        store.Commit(commit);
    }

    /// <summary>Does all of a trim.</summary>
    public static void Trim(IEventStore store, string topic, in StoreTrim plan)
    {
        while (store.Trim(Utf8(topic), plan))
        {
            // Step by step.
        }
    }

    /// <summary>Trims a topic until nothing exceeds its bounds.</summary>
    public static void TrimTo(IEventStore store, string topic, in StoreBounds bounds)
    {
        while (store.PlanTrim(Utf8(topic), bounds) is { Through: > 0 } plan) Trim(store, topic, plan);
    }

    /// <summary>Topics by name, or patterns if the text has a wildcard.</summary>
    public static StoredSelection Select(params IEnumerable<string> selectors)
    {
        var topics = new List<byte[]>();
        var patterns = new List<TopicPattern>();
        foreach (var text in selectors)
        {
            if (!TopicPattern.IsPattern(Utf8(text))) topics.Add(Utf8(text));
            else if (TopicPattern.TryCreate(Utf8(text), out var pattern, out var problem)) patterns.Add(pattern!);
            else Assert.Fail(problem!);
        }

        return new(topics, patterns);
    }

    /// <summary>The ids of the selection's events, read page by page.</summary>
    public static List<long> ReadIds(
        IStoredEventReader reader, StoredSelection selection, long after = 0, long through = long.MaxValue, int capacity = 4096)
        => [.. Read(reader, selection, after, through, capacity).Select(e => e.Id)];

    /// <summary>
    /// As <see cref="Read"/>; damage is an entry without a frame, whose id is its first one and whose prefix length is its last one.
    /// </summary>
    public static List<(long Id, byte[] Frame, int PrefixLength)> ReadWithDamage(
        IStoredEventReader reader, StoredSelection selection, int capacity = 4096)
    {
        var damaged = new HashSet<long>();
        return Read(reader, selection, 0, long.MaxValue, capacity, (block, events) =>
        {
            if (damaged.Add(block.FirstId)) events.Add((block.FirstId, [], (int)block.LastId));
        });
    }

    /// <summary>The selection's events, each with its frame's bytes, read page by page.</summary>
    public static List<(long Id, byte[] Frame, int PrefixLength)> Read(
        IStoredEventReader reader, StoredSelection selection, long after = 0, long through = long.MaxValue, int capacity = 4096,
        Action<DamagedBlock, List<(long, byte[], int)>>? onDamage = null)
    {
        var page = new StoredPage(capacity);
        var events = new List<(long, byte[], int)>();
        do
        {
            reader.Read(selection, after, through, page);
            if (onDamage is null) Assert.That(page.Damage, Is.Empty);
            else foreach (var block in page.Damage) onDamage(block, events);
            if (!page.IsEnd) Assert.That(page.Count, Is.Positive, "A page that is not the end has an event.");
            for (var i = 0; i < page.Count; i++)
            {
                var entry = page.Entries[i];
                Assert.That(entry.Id, Is.GreaterThan(after), "Ids rise.");
                after = entry.Id;
                events.Add((entry.Id, page.Bytes.AsSpan(entry.Offset, entry.Length).ToArray(), entry.PrefixLength));
            }
        }
        while (!page.IsEnd);
        return events;
    }
}
