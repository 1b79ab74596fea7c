using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Hub;

/// <summary>
/// Events to publish together: encoded as they are added, before any lock is taken. Given to <see cref="EventHub.Publish"/> as a whole,
/// which fills in each event's id. Reusable once cleared; one thread at a time. A single publish is a batch of one.
/// </summary>
internal sealed partial class PublishBatch
{
    private static ReadOnlySpan<byte> EndBlock => "\n"u8;

    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private Item[] _items = new Item[1];

    internal struct Item
    {
        public Topic? Topic;
        public int TopicOffset;
        public int TopicLength;
        public int BlockOffset;
        public int BlockLength;
        public int PublisherIdLength;
        public int KeyOffset;
        public int KeyLength;

        public int TypeHash;

        /// <summary>Its topic ends with it.</summary>
        public bool IsFinal;

        /// <summary>It is the end and nothing else. An event's block has a line of data at least.</summary>
        public readonly bool IsEndAlone => BlockLength == EndBlock.Length;

        public EventId Id;
        public bool IsRepeat;

        /// <summary>The topic is held for this event, which waits for its commit.</summary>
        public bool IsPending;

        /// <summary>The publisher's id is not in memory, but may be in the store.</summary>
        public bool IsSought;
    }

    public int Count { get; private set; }

    /// <summary>The logs that took something, each once; kept for waiting on their readers.</summary>
    internal List<EventLog> Touched { get; } = [];

    /// <summary>The first event after its topic's end, where that is why the batch was refused.</summary>
    public int RefusedIndex { get; internal set; }

    /// <summary>Events that were appended before a long batch was refused, since a topic of it ended meanwhile.</summary>
    public int AppendedCount { get; internal set; }

    /// <summary>Some topic ends with the batch.</summary>
    internal bool HasEnds { get; private set; }

    /// <summary>Which publish the batch is, so that it touches each log once.</summary>
    internal long Stamp { get; set; }

    /// <summary>Bytes of topics' names and encoded events.</summary>
    public int Bytes => _bytes.WrittenCount;

    /// <summary>Bytes held for reuse; a batch that grew large is better let go.</summary>
    public int Capacity => _bytes.Capacity;

    /// <summary>The server publishes it because of what readers did: topics that it would make leave a tenth to publishers, as readers' own do.</summary>
    public bool IsForReaders { get; init; }

    /// <summary>Encodes an event. Everything but the hub's id and the chunk size is done here.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="e">What readers get.</param>
    /// <param name="key">What it tells the newest of: it supersedes the topic's earlier event of this key. Empty for none.</param>
    /// <param name="isFinal">The topic ends with it.</param>
    public void Add(TopicName topic, in ServerSentEvent e, ReadOnlySpan<byte> key = default, bool isFinal = false)
    {
        ref var item = ref AddItem(topic, key, isFinal);
        item.TypeHash = EventFilter.HashOf(e.Name.Utf8);
        item.BlockOffset = _bytes.WrittenCount;
        EventStreamEncoder.Write(_bytes, e);
        item.BlockLength = _bytes.WrittenCount - item.BlockOffset;
        item.PublisherIdLength = e.Id.Utf8.Length;
    }

    /// <summary>
    /// Ends a topic without an event: readers get a block of nothing but the end's id, for which clients dispatch nothing (WHATWG HTML 9.2.6). Where the topic has ended, this repeats its end.
    /// </summary>
    public void AddEnd(TopicName topic)
    {
        ref var item = ref AddItem(topic, key: default, isFinal: true);
        item.BlockOffset = _bytes.WrittenCount;
        item.BlockLength = EndBlock.Length;
        _bytes.Write(EndBlock);
    }

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _items.AsSpan(0, Count).Clear();
        (Count, RefusedIndex, AppendedCount, HasEnds) = (0, 0, 0, false);
        Touched.Clear();
    }

    /// <summary>The id that the hub gave the event, or had given it where it is a repeat.</summary>
    public EventId IdOf(int index) => _items[index].Id;

    /// <summary>The same id had been published to the topic before, so nothing was appended.</summary>
    public bool IsRepeat(int index) => _items[index].IsRepeat;

    public ReadOnlySpan<byte> TopicOf(int index) => TopicOf(_items[index]);

    internal Span<Item> Items => _items.AsSpan(0, Count);

    internal ReadOnlySpan<byte> TopicOf(in Item item) => _bytes.WrittenSpan.Slice(item.TopicOffset, item.TopicLength);

    /// <summary>The event's key; empty where it has none.</summary>
    internal ReadOnlySpan<byte> KeyOf(in Item item) => _bytes.WrittenSpan.Slice(item.KeyOffset, item.KeyLength);

    internal ReadOnlySpan<byte> BlockOf(in Item item) => _bytes.WrittenSpan.Slice(item.BlockOffset, item.BlockLength);

    /// <summary>The publisher's id, which is the block's first field: <c>id: </c>, the id, a line feed.</summary>
    internal ReadOnlySpan<byte> PublisherIdOf(in Item item) => BlockOf(item).Slice("id: ".Length, item.PublisherIdLength);

    private ref Item AddItem(TopicName topic, ReadOnlySpan<byte> key, bool isFinal)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        ref var item = ref _items[Count++];
        item = default;
        item.TopicOffset = _bytes.WrittenCount;
        item.TopicLength = topic.Utf8.Length;
        _bytes.Write(topic.Utf8);
        item.KeyOffset = _bytes.WrittenCount;
        item.KeyLength = key.Length;
        _bytes.Write(key);
        item.IsFinal = isFinal;
        HasEnds |= isFinal;
        return ref item;
    }
}
