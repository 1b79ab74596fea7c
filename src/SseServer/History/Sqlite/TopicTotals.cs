namespace SseServer.History.Sqlite;

/// <summary>A topic's totals, as its row holds them. Count, bytes and first id are of what came after <see cref="TrimmedThrough"/>.</summary>
internal record struct TopicTotals(long FirstId, long LastId, long Count, long Bytes, long LostThrough)
{
    /// <summary>What a statement reads that <see cref="Read"/> takes.</summary>
    public const string Columns = "first_id, last_id, count, bytes, evicted_through, trimmed_through, end_id, kept, stale, checksum";

    /// <summary>Of the blocks that begin at or below this id, events that are not the newest of a key are gone.</summary>
    public long TrimmedThrough { get; set; }

    /// <summary>The event that the topic ended with; 0 while it has not.</summary>
    public long EndId { get; set; }

    /// <summary>Events at or below <see cref="TrimmedThrough"/>.</summary>
    public long Kept { get; set; }

    /// <summary>Those of <see cref="Kept"/> that are not the newest of a kept key any more: to be let go.</summary>
    public long Stale { get; set; }

    /// <summary>The number of <see cref="Columns"/>.</summary>
    public const int ColumnCount = 10;

    /// <summary>Whether a row's <see cref="Columns"/> are those that were written with the topic's name.</summary>
    public static bool IsRight(SqliteStatement row, int column, ReadOnlySpan<byte> name)
        => RowChecksum.IsRight(row.Number(column + ColumnCount - 1), Read(row, column).Checksum(name));

    /// <summary>Takes <see cref="Columns"/> from a row, the first of them where <paramref name="column"/> says.</summary>
    public static TopicTotals Read(SqliteStatement row, int column)
        => new(row.Number(column), row.Number(column + 1), row.Number(column + 2), row.Number(column + 3), row.Number(column + 4))
        {
            TrimmedThrough = row.Number(column + 5),
            EndId = row.Number(column + 6),
            Kept = row.Number(column + 7),
            Stale = row.Number(column + 8),
        };

    /// <summary>Binds <see cref="Columns"/>, in their order, from a parameter on.</summary>
    public readonly SqliteStatement Bind(SqliteStatement statement, int parameter, ReadOnlySpan<byte> name)
        => statement.Bind(parameter, FirstId).Bind(parameter + 1, LastId).Bind(parameter + 2, Count).Bind(parameter + 3, Bytes)
            .Bind(parameter + 4, LostThrough).Bind(parameter + 5, TrimmedThrough).Bind(parameter + 6, EndId)
            .Bind(parameter + 7, Kept).Bind(parameter + 8, Stale).Bind(parameter + 9, Checksum(name));

    private readonly long Checksum(ReadOnlySpan<byte> name)
        => RowChecksum.Compute(name, FirstId, LastId, Count, Bytes, LostThrough, TrimmedThrough, EndId, Kept, Stale);

    // A trim says first what it will have lost, so that may be ahead of what it has done.
    public readonly StoredTopic ToStored(byte[] name)
        => new(name, FirstId, LastId, Count, Bytes, LostThrough) { TrimmedThrough = Math.Max(TrimmedThrough, LostThrough), Kept = Kept - Stale, EndId = EndId };
}
