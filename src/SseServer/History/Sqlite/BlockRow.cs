namespace SseServer.History.Sqlite;

/// <summary>What the tables say of a block beside its bytes.</summary>
internal readonly record struct BlockRow(long FirstId, long LastId, long StretchId, long Count, long Bytes, long PublisherIds, long LastUnkeyed)
{
    /// <summary>What a statement reads from <see cref="Source"/> that <see cref="Read"/> takes.</summary>
    public const string Columns = "b.first_id, b.last_id, b.stretch_id, b.count, b.bytes, b.publisher_ids, coalesce(k.last_unkeyed_id, -1)";

    public const string Source = "blocks b LEFT JOIN keyed_blocks k ON k.first_id = b.first_id";

    /// <summary>Some event has a key. Not said of a thinned block, whose events all have one.</summary>
    public bool HasKeys => LastUnkeyed >= 0;

    /// <summary>The last event without a key; 0 where all have one. Not said of a thinned block.</summary>
    public long LastUnkeyedId => HasKeys ? LastUnkeyed : LastId;

    public static BlockRow Read(SqliteStatement row)
        => new(row.Number(0), row.Number(1), row.Number(2), row.Number(3), row.Number(4), row.Number(5), row.Number(6));
}
