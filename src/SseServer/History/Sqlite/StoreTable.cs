namespace SseServer.History.Sqlite;

/// <summary>The one row of the store itself.</summary>
internal readonly record struct StoreRow(long Origin, long HighWater, long LastId, long Floor, long UncleanThrough, bool IsClean)
{
    /// <summary>The columns that <see cref="TryRead"/> reads and <see cref="Bind"/> binds.</summary>
    public const string Columns = "origin, high_water, last_id, floor, unclean_through, is_clean, checksum";

    private long Sum => Checksum.OfRow([], Origin, HighWater, LastId, Floor, UncleanThrough, IsClean ? 1 : 0);

    /// <summary>Reads <see cref="Columns"/> from a row; false if they are not what was written.</summary>
    public static bool TryRead(SqliteStatement row, out StoreRow store)
    {
        store = new(row.Number(0), row.Number(1), row.Number(2), row.Number(3), row.Number(4), row.Number(5) == 1);
        return Checksum.Fits(row.Number(6), store.Sum);
    }

    /// <summary>Binds <see cref="Columns"/>, in their order, from the first parameter on.</summary>
    public SqliteStatement Bind(SqliteStatement statement)
        => statement.Bind(1, Origin).Bind(2, HighWater).Bind(3, LastId).Bind(4, Floor).Bind(5, UncleanThrough)
            .Bind(6, IsClean ? 1 : 0).Bind(7, Sum);
}

/// <summary>The table of the store's one row, and the row in memory as it is committed. For the writer's thread.</summary>
internal sealed class StoreTable
{
    private readonly SqliteStatement _update;

    /// <exception cref="StoreException">The row is missing or damaged.</exception>
    public StoreTable(SqliteDatabase database)
    {
        _update = database.Prepare($"UPDATE store SET ({StoreRow.Columns}) = (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        var rows = database.Prepare($"SELECT {StoreRow.Columns} FROM store");
        if (!rows.Step()) throw StoreErrors.Create(StoreFailure.Corrupt, database.Path, "its table store is empty");
        var isRight = StoreRow.TryRead(rows, out var row);
        rows.Reset();
        if (!isRight) throw StoreErrors.DamagedRow(database.Path, "store");
        Row = row;
    }

    public StoreRow Row { get; private set; }

    /// <summary>Writes the row within a transaction. <see cref="Adopt"/> follows its commit.</summary>
    public void Update(in StoreRow row) => row.Bind(_update).Run();

    public void Adopt(in StoreRow row) => Row = row;
}
