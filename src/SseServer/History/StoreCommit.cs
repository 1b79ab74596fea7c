using System.Diagnostics;
using System.Runtime.InteropServices;
using SseServer.Protocol.Topics;

namespace SseServer.History;

/// <summary>
/// What one commit writes: whole frames as a log holds them, in rising id order. One thread fills it, and uses it again after
/// <see cref="Clear"/>. The entries of a topic are chained, so a store takes each topic's events in order without sorting.
/// </summary>
internal sealed class StoreCommit
{
    // What is kept for the next commit; memory beyond it is freed.
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int KeptTopics = 4096;

    private readonly Dictionary<byte[], int> _topicIndex = new(Utf8Comparer.Instance);
    private byte[] _bytes = new byte[64 * 1024];
    private StoreCommitEntry[] _entries = new StoreCommitEntry[256];
    private StoreCommitTopic[] _topics = new StoreCommitTopic[16];
    private int[] _used = new int[16];
    private Dictionary<int, int>? _keyed;
    private int _length;

    /// <summary>The new end of the lease: ids up to here may be shown once the commit is written.</summary>
    public long HighWater { get; set; }

    /// <summary>Ids that were skipped before events of this commit, in rising order.</summary>
    public List<IdSkip> Skips { get; } = [];

    /// <summary>Events.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// The topics that have events in this commit, in no order; each is an index for <see cref="Topic"/>, below <see cref="TopicLimit"/>.
    /// </summary>
    public ReadOnlySpan<int> Topics => _used.AsSpan(0, TopicCount);

    /// <summary>The index of every topic is below it.</summary>
    public int TopicLimit => _topicIndex.Count;

    /// <summary>The events, in id order.</summary>
    public ReadOnlySpan<StoreCommitEntry> Entries => _entries.AsSpan(0, Count);

    private int TopicCount { get; set; }

    /// <summary>A topic's name, and its first and last entry in this commit.</summary>
    public ref readonly StoreCommitTopic Topic(int index) => ref _topics[index];

    public ReadOnlySpan<byte> Frame(in StoreCommitEntry entry) => _bytes.AsSpan(entry.Offset, entry.Length);

    /// <summary>The publisher's id of an event; empty if there is none.</summary>
    public ReadOnlySpan<byte> PublisherId(in StoreCommitEntry entry)
        => _bytes.AsSpan(entry.Offset + entry.PrefixLength + "id: "u8.Length, entry.PublisherIdLength);

    /// <summary>An event's key; empty if there is none.</summary>
    public ReadOnlySpan<byte> Key(in StoreCommitEntry entry) => _bytes.AsSpan(entry.Offset + entry.Length, entry.KeyLength);

    /// <summary>Room for the next frame, which <see cref="Add"/> then takes.</summary>
    public Span<byte> Reserve(int length)
    {
        if (length > _bytes.Length - _length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)_length + length, 2L * _bytes.Length)));
        return _bytes.AsSpan(_length, length);
    }

    /// <summary>Adds the frame that was written to the room of <see cref="Reserve"/>.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="id">The event's id, above those before it.</param>
    /// <param name="length">The frame's length.</param>
    /// <param name="prefixLength">The length of its chunk prefix.</param>
    /// <param name="publisherIdLength">The length of the publisher's id, with which the payload then begins; 0 if there is none.</param>
    /// <param name="key">The event's key; empty if there is none.</param>
    /// <param name="isFinal">The topic ends with this event.</param>
    /// <param name="digest">The digest of the content of an event with a publisher's id; 0 if it is not known.</param>
    public void Add(
        ReadOnlySpan<byte> topic,
        long id,
        int length,
        int prefixLength,
        int publisherIdLength,
        ReadOnlySpan<byte> key = default,
        bool isFinal = false,
        long digest = 0)
    {
        Debug.Assert(key.Length <= ushort.MaxValue, "A key is a short text.");
        Debug.Assert(Count == 0 || id > _entries[Count - 1].Id, "Ids rise.");
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 2);
        var index = FindTopic(topic);
        _entries[Count] = new()
        {
            Id = id,
            Topic = index,
            Next = -1,
            Offset = _length,
            Length = length,
            PrefixLength = (byte)prefixLength,
            PublisherIdLength = (ushort)publisherIdLength,
            KeyLength = (ushort)key.Length,
            IsFinal = isFinal,
            Digest = digest,
        };
        _length += length;
        if (!key.IsEmpty) AddKey(index, key);
        Chain(index, Count);
        Count++;
    }

    public void Clear()
    {
        for (var i = 0; i < TopicCount; i++) _topics[_used[i]].First = -1;
        TopicCount = 0;
        Count = 0;
        Skips.Clear();
        _length = 0;
        if (_keyed?.Count > KeptTopics) _keyed = null;
        _keyed?.Clear();
        if (_bytes.Length > KeptBytes)
        {
            _bytes = new byte[KeptBytes];
            _entries = new StoreCommitEntry[256];
        }

        // Names are kept for the next commit, which usually has the same topics.
        if (_topicIndex.Count <= KeptTopics) return;
        _topicIndex.Clear();
        _topics = new StoreCommitTopic[16];
        _used = new int[16];
    }

    private void AddKey(int topic, ReadOnlySpan<byte> key)
    {
        key.CopyTo(Reserve(key.Length));
        _length += key.Length;
        var hash = new HashCode();
        hash.Add(topic);
        hash.AddBytes(key);
        ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_keyed ??= [], hash.ToHashCode(), out var isKnown);
        // Two keys with the same hash only cost the store one more write.
        if (isKnown && _entries[newest].Topic == topic && Key(_entries[newest]).SequenceEqual(key)) _entries[newest].IsSuperseded = true;
        newest = Count;
    }

    private int FindTopic(ReadOnlySpan<byte> name)
    {
        var names = _topicIndex.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (names.TryGetValue(name, out var index)) return index;
        index = _topicIndex.Count;
        if (index == _topics.Length)
        {
            Array.Resize(ref _topics, index * 2);
            Array.Resize(ref _used, index * 2);
        }

        _topics[index] = new() { Name = name.ToArray(), First = -1 };
        _topicIndex.Add(_topics[index].Name, index);
        return index;
    }

    private void Chain(int index, int entry)
    {
        ref var topic = ref _topics[index];
        if (topic.First < 0)
        {
            topic.First = entry;
            _used[TopicCount++] = index;
        }
        else
        {
            _entries[topic.Last].Next = entry;
        }

        topic.Last = entry;
    }
}
