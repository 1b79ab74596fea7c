using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Publishing;

/// <summary>
/// Events to publish together: encoded as they are added, before any lock is taken. Passed to <c>EventHub.PublishAsync</c>, which sets each
/// event's id. Reusable once cleared; one thread at a time. A single publish is a batch of one.
/// </summary>
internal sealed partial class PublishBatch
{
    private static ReadOnlySpan<byte> EndBlock => "\n"u8;

    // An array of more items is not retained for the next batch.
    private const int MaxRetainedItems = 1024;

    private readonly BatchBytes _bytes = new();
    private Item[] _items = new Item[1];

    /// <summary>
    /// One event: where its bytes are, and what publishing finds out about it. A batch may have many, so every byte counts: names, keys and
    /// publisher ids are short texts. The key lies directly before the block, and the digest of an event with a publisher id directly after
    /// it.
    /// </summary>
    internal struct Item
    {
        public Topic? Topic;
        public EventId Id;
        public int Chunk;
        public int TopicOffset;
        public int BlockOffset;
        public int BlockLength;
        public int TypeHash;
        public ushort TopicLength;
        public ushort KeyLength;
        public ushort PublisherIdLength;

        /// <summary>Its topic ends with it.</summary>
        public bool IsFinal;

        public bool IsRepeat;

        /// <summary>The topic has an event with the same publisher id and other content.</summary>
        public bool IsConflict;

        /// <summary>It repeats an earlier event of its own batch, so it is never appended.</summary>
        public bool RepeatsInBatch;

        /// <summary>The topic is pinned for this event, which waits for its commit.</summary>
        public bool IsPinned;

        /// <summary>The publisher's id is not in memory but may be in the store.</summary>
        public bool MayBeStored;

        /// <summary>It is the topic's end without an event. An event's block has at least a line of data.</summary>
        public readonly bool IsEndAlone => BlockLength == EndBlock.Length;

        /// <summary>The index of the event that it repeats, if <see cref="RepeatsInBatch"/>.</summary>
        public readonly int Original => TypeHash;

        /// <summary>Marks it as a repeat of an earlier event of its batch. What is not appended needs no hash of its type.</summary>
        public void MarkRepeatOf(int original) => (RepeatsInBatch, TypeHash) = (true, original);
    }

    public int Count { get; private set; }

    /// <summary>The logs that got events, each once; backpressure waits for their subscribers.</summary>
    internal List<EventLog> Touched { get; } = [];

    /// <summary>
    /// If the batch was refused for its topic's end: the index of the first event after the end. If it was refused for a publisher id that
    /// names other content: the index of the event.
    /// </summary>
    public int RefusedIndex { get; internal set; }

    /// <summary>
    /// Events that were appended before a long batch was refused because one of its topics ended meanwhile, or got one of its publisher ids
    /// with other content.
    /// </summary>
    public int AppendedCount { get; internal set; }

    /// <summary>Some event has a publisher's id.</summary>
    internal bool HasPublisherIds { get; private set; }

    /// <summary>The ends among its events that are not in the logs yet.</summary>
    internal EndRule Ends { get; } = new();

    /// <summary>The number of the present append, so that each log is listed once.</summary>
    internal long Stamp { get; set; }

    /// <summary>Bytes of topics' names and encoded events.</summary>
    public long Bytes => _bytes.WrittenCount;

    /// <summary>
    /// Bytes of memory that it takes beyond those of a batch of one small event. Items count twice, because their array doubles as it
    /// grows.
    /// </summary>
    public long HeldBytes => _bytes.RentedBytes + 2L * Math.Max(0, Count - 1) * Unsafe.SizeOf<Item>();

    /// <summary>
    /// The server publishes it because of what subscribers did. The topics that it creates count against the share of subscribers
    /// (<see cref="HubOptions.MaxTopicsForSubscribers"/>).
    /// </summary>
    public bool IsForSubscribers { get; init; }

    /// <summary>Encodes an event: everything but its id and the chunk size.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="e">The event as subscribers get it.</param>
    /// <param name="key">The event's key: it supersedes the topic's earlier event of this key. Empty for none.</param>
    /// <param name="isFinal">The topic ends with it.</param>
    public void Add(TopicName topic, in ServerSentEvent e, ReadOnlySpan<byte> key = default, bool isFinal = false)
    {
        var digestLength = e.Id.IsEmpty ? 0 : ContentDigest.Length;
        ref var item = ref AddItem(topic, key, isFinal, EventStreamEncoder.Measure(e), digestLength, out var block);
        item.TypeHash = EventFilter.HashOf(e.Name.Utf8);
        item.PublisherIdLength = (ushort)e.Id.Utf8.Length;
        EventStreamEncoder.Write(block, e);
        if (digestLength == 0) return;
        var digest = ContentDigest.Of(block[..item.BlockLength], key, isFinal);
        BinaryPrimitives.WriteInt64LittleEndian(block[item.BlockLength..], digest);
        HasPublisherIds = true;
    }

    /// <summary>
    /// Ends a topic without an event: subscribers get a block with only the end's id, for which clients dispatch nothing (WHATWG HTML
    /// 9.2.6). If the topic has ended, this repeats its end.
    /// </summary>
    public void AddEnd(TopicName topic)
    {
        AddItem(topic, key: default, isFinal: true, EndBlock.Length, digestLength: 0, out var block);
        EndBlock.CopyTo(block);
    }

    public void Clear()
    {
        _bytes.Clear();
        if (_items.Length > MaxRetainedItems) _items = new Item[1];
        else _items.AsSpan(0, Count).Clear();
        (Count, RefusedIndex, AppendedCount, HasPublisherIds) = (0, 0, 0, false);
        Touched.Clear();
        Ends.Clear();
    }

    /// <summary>Keeps only the first events, of a batch that was refused and of which nothing was appended.</summary>
    public void Truncate(int count)
    {
        _items.AsSpan(count, Count - count).Clear();
        Count = count;
        Touched.Clear();
        Ends.Clear();
    }

    /// <summary>Whether a block is a topic's end without an event.</summary>
    internal static bool IsEndAlone(ReadOnlySpan<byte> block) => block.Length == EndBlock.Length;

    /// <summary>The id assigned to the event; for a repeat, that of the first one.</summary>
    public EventId IdOf(int index) => _items[index].Id;

    /// <summary>The publisher's id had been published to the topic before, so nothing was appended.</summary>
    public bool IsRepeat(int index) => _items[index].IsRepeat;

    public ReadOnlySpan<byte> TopicOf(int index) => TopicOf(_items[index]);

    /// <summary>Gives a repeat of an earlier event of the batch that event's id, which is assigned by now.</summary>
    internal void ResolveRepeat(ref Item item)
    {
        if (item.RepeatsInBatch) (item.Id, item.IsRepeat) = (_items[item.Original].Id, true);
    }

    internal Span<Item> Items => _items.AsSpan(0, Count);

    internal ReadOnlySpan<byte> TopicOf(in Item item) => _bytes.Read(item.Chunk, item.TopicOffset, item.TopicLength);

    /// <summary>The event's key; empty if it has none.</summary>
    internal ReadOnlySpan<byte> KeyOf(in Item item) => _bytes.Read(item.Chunk, item.BlockOffset - item.KeyLength, item.KeyLength);

    internal ReadOnlySpan<byte> BlockOf(in Item item) => _bytes.Read(item.Chunk, item.BlockOffset, item.BlockLength);

    /// <summary>The publisher's id, which is the block's first field: <c>id: </c>, the id, a line feed.</summary>
    internal ReadOnlySpan<byte> PublisherIdOf(in Item item) => BlockOf(item).Slice("id: ".Length, item.PublisherIdLength);

    /// <summary>The digest of an event with a publisher's id; 0 of any other.</summary>
    internal long DigestOf(in Item item)
        => item.PublisherIdLength == 0
            ? 0
            : BinaryPrimitives.ReadInt64LittleEndian(
                _bytes.Read(item.Chunk, item.BlockOffset + item.BlockLength, ContentDigest.Length));

    /// <summary>An event that has its id and its topic, as the logs take it.</summary>
    /// <param name="item">The event.</param>
    /// <param name="frame">The frame that was committed; empty without a store.</param>
    /// <param name="prefixLength">The length of the frame's chunk prefix.</param>
    internal LogRecord RecordOf(in Item item, ReadOnlySpan<byte> frame = default, int prefixLength = 0) => new()
    {
        Topic = item.Topic!,
        Id = item.Id,
        Frame = frame,
        PrefixLength = prefixLength,
        Block = BlockOf(item),
        PublisherId = item.PublisherIdLength > 0 ? PublisherIdOf(item) : default,
        Digest = DigestOf(item),
        Key = KeyOf(item),
        TypeHash = item.TypeHash,
        IsFinal = item.IsFinal,
        IsEndAlone = item.IsEndAlone,
    };

    // An event's bytes lie together: topic, key, block, digest. The topic's name is omitted if the event before has the same one in the
    // same chunk.
    private ref Item AddItem(
        TopicName topic, ReadOnlySpan<byte> key, bool isFinal, int blockLength, int digestLength, out Span<byte> block)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        ref var item = ref _items[Count];
        item = default;
        var length = key.Length + blockLength + digestLength;
        var shares = Count > 0 && SharesTopic(_items[Count - 1], topic, length);
        var room = _bytes.Take(shares ? length : topic.Utf8.Length + length, out var offset);
        item.Chunk = _bytes.Current;
        item.TopicOffset = shares ? _items[Count - 1].TopicOffset : offset;
        item.TopicLength = (ushort)topic.Utf8.Length;
        if (!shares)
        {
            topic.Utf8.CopyTo(room);
            room = room[topic.Utf8.Length..];
            offset += topic.Utf8.Length;
        }

        key.CopyTo(room);
        block = room[key.Length..];
        (item.KeyLength, item.BlockOffset, item.BlockLength) = ((ushort)key.Length, offset + key.Length, blockLength);
        item.IsFinal = isFinal;
        Count++;
        return ref item;
    }

    private bool SharesTopic(in Item last, TopicName topic, int length)
        => last.Chunk == _bytes.Current && _bytes.HasRoom(length) && TopicOf(last).SequenceEqual(topic.Utf8);
}
