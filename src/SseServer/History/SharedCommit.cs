namespace SseServer.History;

/// <summary>What one call of <see cref="ISharedStore.Append"/> writes: the events of several batches, and what became of them.</summary>
internal sealed class SharedCommit
{
    private readonly Dictionary<byte[], int> _topics = new(Protocol.Topics.Utf8Comparer.Instance);

    /// <summary>Why a batch was refused.</summary>
    internal enum Refusal
    {
        None,
        TopicEnded,
        IdConflict,
    }

    /// <summary>The names of the topics, each once.</summary>
    public List<string> Topics { get; } = [];

    /// <summary>For each event the number of its topic, from 1.</summary>
    public List<int> TopicOf { get; } = [];

    /// <summary>For each event the number of its batch, from 1; a batch's events follow each other.</summary>
    public List<int> BatchOf { get; } = [];

    public List<bool> IsFinal { get; } = [];

    /// <summary>For each event the length of its publisher's id; 0 if it has none.</summary>
    public List<int> PublisherIdLengths { get; } = [];

    public List<long> Digests { get; } = [];

    /// <summary>For each event its key; null if it has none.</summary>
    public List<byte[]?> Keys { get; } = [];

    /// <summary>For each event its fields and the blank line, without the event id.</summary>
    public List<byte[]> Blocks { get; } = [];

    /// <summary>Events.</summary>
    public int Count => Blocks.Count;

    /// <summary>Batches.</summary>
    public int Batches { get; private set; }

    /// <summary>For each event its id; of one that repeats another, that one's. Filled in by the store.</summary>
    public long[] Ids { get; set; } = [];

    /// <summary>For each event whether it repeats another, and so was not appended. Filled in by the store.</summary>
    public bool[] Repeats { get; set; } = [];

    /// <summary>For each batch why it was refused. Filled in by the store.</summary>
    public Refusal[] Refusals { get; set; } = [];

    /// <summary>
    /// For each refused batch the index, within this commit, of the event that it was refused for. Filled in by the store.
    /// </summary>
    public int[] RefusedEvents { get; set; } = [];

    /// <summary>Begins a batch; returns its index.</summary>
    public int BeginBatch() => Batches++;

    /// <summary>Adds an event to the batch that was begun last.</summary>
    public void Add(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, int publisherIdLength, long digest, bool isFinal)
    {
        var names = _topics.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!names.TryGetValue(topic, out var number))
        {
            Topics.Add(System.Text.Encoding.UTF8.GetString(topic));
            number = Topics.Count;
            names[topic] = number;
        }

        TopicOf.Add(number);
        BatchOf.Add(Batches);
        IsFinal.Add(isFinal);
        PublisherIdLengths.Add(publisherIdLength);
        Digests.Add(digest);
        Keys.Add(key.IsEmpty ? null : key.ToArray());
        Blocks.Add(block.ToArray());
    }

    public void Clear()
    {
        _topics.Clear();
        Topics.Clear();
        TopicOf.Clear();
        BatchOf.Clear();
        IsFinal.Clear();
        PublisherIdLengths.Clear();
        Digests.Clear();
        Keys.Clear();
        Blocks.Clear();
        Batches = 0;
        (Ids, Repeats, Refusals, RefusedEvents) = ([], [], [], []);
    }
}
