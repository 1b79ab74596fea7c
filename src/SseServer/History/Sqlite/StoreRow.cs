namespace SseServer.History.Sqlite;

/// <summary>The one row of the store itself, as it is committed.</summary>
internal readonly record struct StoreRow(long Origin, long HighWater, long LastId, long Floor, long UncleanThrough, bool IsClean)
{
    /// <summary>What a statement reads that <see cref="TryRead"/> takes, and writes that <see cref="Bind"/> binds.</summary>
    public const string Columns = "origin, high_water, last_id, floor, unclean_through, is_clean, checksum";

    /// <summary>Takes <see cref="Columns"/> from a row; false where they are not what was written.</summary>
    public static bool TryRead(SqliteStatement row, out StoreRow store)
    {
        store = new(row.Number(0), row.Number(1), row.Number(2), row.Number(3), row.Number(4), row.Number(5) == 1);
        return RowChecksum.IsRight(row.Number(6), store.Checksum);
    }

    private long Checksum => RowChecksum.Compute(Origin, HighWater, LastId, Floor, UncleanThrough, IsClean ? 1 : 0);

    /// <summary>Binds <see cref="Columns"/>, in their order, from the first parameter on.</summary>
    public SqliteStatement Bind(SqliteStatement statement)
        => statement.Bind(1, Origin).Bind(2, HighWater).Bind(3, LastId).Bind(4, Floor).Bind(5, UncleanThrough)
            .Bind(6, IsClean ? 1 : 0).Bind(7, Checksum);
}
