namespace SseServer.History.Sqlite;

/// <summary>A topic's totals, as in its row. Count, bytes and first id are of the events after <see cref="TrimmedThrough"/>.</summary>
internal record struct TopicTotals(long FirstId, long LastId, long Count, long Bytes, long LostThrough)
{
    /// <summary>The columns that <see cref="TryRead"/> reads and <see cref="Bind"/> binds.</summary>
    public const string Columns = "first_id, last_id, count, bytes, evicted_through, trimmed_through, end_id, kept, stale, checksum";

    /// <summary>Blocks that begin at or below this id are compacted: all of their events have a key and were the newest of it.</summary>
    public long TrimmedThrough { get; set; }

    /// <summary>
    /// The event that the topic ended with, or, above <see cref="LastId"/>, its deletion; 0 if it has neither ended nor was deleted.
    /// </summary>
    public long EndId { get; set; }

    /// <summary>The topic was deleted, and nothing was published to it since.</summary>
    public readonly bool IsDeleted => EndId > LastId;

    /// <summary>Events at or below <see cref="TrimmedThrough"/>.</summary>
    public long Kept { get; set; }

    /// <summary>Those of <see cref="Kept"/> that are no longer the newest of a key: to be deleted.</summary>
    public long Stale { get; set; }

    /// <summary>Some events are stored.</summary>
    public readonly bool HasEvents => Count > 0 || Kept > 0;

    /// <summary>
    /// Reads <see cref="Columns"/> from a row, the first of them from <paramref name="column"/>; false if they are not those that were
    /// written with the topic's name.
    /// </summary>
    public static bool TryRead(SqliteStatement row, int column, ReadOnlySpan<byte> name, out TopicTotals totals)
    {
        totals = new(row.Number(column), row.Number(column + 1), row.Number(column + 2), row.Number(column + 3), row.Number(column + 4))
        {
            TrimmedThrough = row.Number(column + 5),
            EndId = row.Number(column + 6),
            Kept = row.Number(column + 7),
            Stale = row.Number(column + 8),
        };
        return Checksum.Fits(row.Number(column + 9), totals.Sum(name));
    }

    /// <summary>Binds <see cref="Columns"/>, in their order, from a parameter on.</summary>
    public readonly SqliteStatement Bind(SqliteStatement statement, int parameter, ReadOnlySpan<byte> name)
        => statement.Bind(parameter, FirstId).Bind(parameter + 1, LastId).Bind(parameter + 2, Count).Bind(parameter + 3, Bytes)
            .Bind(parameter + 4, LostThrough).Bind(parameter + 5, TrimmedThrough).Bind(parameter + 6, EndId)
            .Bind(parameter + 7, Kept).Bind(parameter + 8, Stale).Bind(parameter + 9, Sum(name));

    // A trim first writes what it is going to lose, so LostThrough may be ahead of what is deleted.
    public readonly StoredTopic ToStored(byte[] name)
        => new(name, FirstId, LastId, Count, Bytes, LostThrough)
        {
            TrimmedThrough = Math.Max(TrimmedThrough, LostThrough),
            Kept = Kept - Stale,
            EndId = IsDeleted ? 0 : EndId,
            DeletedId = IsDeleted ? EndId : 0,
        };

    private readonly long Sum(ReadOnlySpan<byte> name)
        => Checksum.OfRow(name, FirstId, LastId, Count, Bytes, LostThrough, TrimmedThrough, EndId, Kept, Stale);
}
