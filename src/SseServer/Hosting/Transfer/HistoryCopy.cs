using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Hosting.Transfer;

/// <summary>Copies a history to an empty one: collects events to commits of bounded size. For one thread.</summary>
internal sealed class HistoryCopy
{
    // Each commit is a transaction and a sync; this many cost little beside their events, and little memory.
    private const int MaxEvents = 5000;
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly IHistoryTarget _target;
    private readonly StoreCommit _commit = new();
    private readonly Dictionary<byte[], long> _trimmed = new(Utf8Comparer.Instance);
    private readonly HashSet<byte[]> _kept = new(Utf8Comparer.Instance);
    private int _bytes;

    private HistoryCopy(IHistorySource source, IHistoryTarget target)
    {
        _target = target;
        foreach (var topic in source.Marks.Topics)
            if (topic.TrimmedThrough > 0) _trimmed[topic.Name] = topic.TrimmedThrough;
    }

    /// <summary>Events copied so far.</summary>
    public long Events { get; private set; }

    /// <summary>Events that could not be read, by the first of each damaged block.</summary>
    public Dictionary<long, DamagedBlock> Damage { get; } = [];

    /// <summary>Copies everything.</summary>
    /// <exception cref="StoreException">A side failed. The target is then not empty, and must be created anew.</exception>
    public static HistoryCopy Run(IHistorySource source, IHistoryTarget target)
    {
        var copy = new HistoryCopy(source, target);
        source.CopyTo(copy);
        copy.Flush();
        target.Finish(source.Marks);
        return copy;
    }

    /// <summary>Adds the events of a page that has keys and the names of topics.</summary>
    public void Add(StoredPage page)
    {
        foreach (var block in page.Damage) Damage[block.FirstId] = block;
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        foreach (ref readonly var entry in page.Entries.AsSpan(0, page.Count))
        {
            var frame = page.Bytes.AsSpan(entry.Offset, entry.Length);
            var hasId = EventFrame.TryGetPublisherId(frame, entry.PrefixLength, out var publisherId);
            var block = EventFrame.Block(frame, entry.PrefixLength, new EventId(entry.Id).Format(text), hasId);
            var digest = hasId ? ContentDigest.Of(block, entry.Key, entry.IsFinal) : 0;
            Add(entry.TopicName, new(entry.Id), block, publisherId.Length, entry.Key, entry.IsFinal, digest);
        }
    }

    /// <summary>Adds an event, above those before it.</summary>
    public void Add(
        ReadOnlySpan<byte> topic, EventId id, ReadOnlySpan<byte> block, int publisherIdLength, ReadOnlySpan<byte> key, bool isFinal,
        long digest)
    {
        // What a topic keeps beyond its trimming is never in one commit with what follows: SQLite trims between two commits.
        var kept = _kept.GetAlternateLookup<ReadOnlySpan<byte>>();
        var isKept = _trimmed.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out var trimmed) && id.Value <= trimmed;
        if (_commit.Count == MaxEvents || _bytes >= MaxBytes || (!isKept && kept.Contains(topic))) Flush();
        if (isKept) kept.Add(topic);

        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        text = text[..id.Format(text)];
        var frame = _commit.Reserve(EventFrame.Measure(text.Length, block.Length, publisherIdLength > 0));
        var length = EventFrame.Write(frame, text, block, publisherIdLength > 0, out var prefixLength);
        _commit.Add(topic, id.Value, length, prefixLength, publisherIdLength, key, isFinal, digest);
        _bytes += length;
        Events++;
    }

    private void Flush()
    {
        if (_commit.Count > 0)
        {
            _commit.HighWater = _commit.Entries[^1].Id;
            _target.Write(_commit);
        }

        _commit.Clear();
        _kept.Clear();
        _bytes = 0;
    }
}
