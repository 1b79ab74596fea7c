namespace SseServer.History;

/// <summary>What follows a position of a shared history. Its owner has it filled again and again.</summary>
internal sealed class TailPage
{
    /// <summary>Everything up to this id was read before.</summary>
    public long After { get; set; }

    /// <summary>The trimming marks up to this number were read before.</summary>
    public long AfterTrim { get; set; }

    /// <summary>Events and deletions of topics, in id order.</summary>
    public List<TailEntry> Entries { get; } = [];

    /// <summary>New trimming marks, which hold in the state of the store that the entries are of.</summary>
    public List<SharedTrim> Trims { get; } = [];

    /// <summary>There may be more entries already.</summary>
    public bool HasMore { get; set; }

    /// <summary>How old the state of the store is that it was read from.</summary>
    public TimeSpan Age { get; set; }

    /// <summary>Applications have published events in the store that wait for the next append.</summary>
    public bool HasOutbox { get; set; }

    public void Clear()
    {
        Entries.Clear();
        Trims.Clear();
        (HasMore, HasOutbox, Age) = (false, false, TimeSpan.Zero);
    }
}

/// <summary>An event of a shared history, or the deletion of a topic.</summary>
internal readonly record struct TailEntry
{
    public required long Id { get; init; }

    /// <summary>The topic's name in UTF-8.</summary>
    public required byte[] Topic { get; init; }

    /// <summary>The event's fields and the blank line; null for a deletion.</summary>
    public byte[]? Block { get; init; }

    /// <summary>Null if it has none.</summary>
    public byte[]? Key { get; init; }

    /// <summary>0 if it has none.</summary>
    public int PublisherIdLength { get; init; }

    public long Digest { get; init; }

    public bool IsFinal { get; init; }
}

/// <summary>A topic's marks after a trim; see <see cref="StoreTrim"/>.</summary>
/// <param name="Topic">The topic's name in UTF-8.</param>
/// <param name="Marks">What the topic has lost so far.</param>
internal readonly record struct SharedTrim(byte[] Topic, StoreTrim Marks);
