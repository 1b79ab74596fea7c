namespace SseServer.History.Sqlite;

/// <summary>
/// The lives of the history (<see cref="IdRange"/>), oldest first. The last row is the current life, or the one that ended with a crash:
/// its end is written when the next life begins. For the writer's thread.
/// </summary>
internal sealed class LifeTable
{
    private readonly string _path;
    private readonly SqliteStatement _rows;
    private readonly SqliteStatement _current;
    private readonly SqliteStatement _set;
    private readonly SqliteStatement _deleteOldest;

    public LifeTable(SqliteDatabase database)
    {
        _path = database.Path;
        _rows = database.Prepare("SELECT first_id, last_id, checksum FROM lives ORDER BY first_id");
        _current = database.Prepare("SELECT max(first_id) FROM lives");
        _set = database.Prepare("INSERT OR REPLACE INTO lives (first_id, last_id, checksum) VALUES (?1, ?2, ?3)");
        _deleteOldest = database.Prepare(
            "DELETE FROM lives WHERE first_id <= (SELECT first_id FROM lives ORDER BY first_id DESC LIMIT 1 OFFSET ?1)");
    }

    /// <exception cref="StoreException">A row is not what was written.</exception>
    public List<IdRange> Read()
    {
        var lives = new List<IdRange>();
        while (_rows.Step())
        {
            var life = new IdRange(_rows.Number(0), _rows.Number(1));
            if (!Checksum.Fits(_rows.Number(2), Sum(life)) || life.First > life.Last)
            {
                _rows.Reset();
                throw StoreErrors.DamagedRow(_path, "lives");
            }

            lives.Add(life);
        }

        return lives;
    }

    /// <summary>Ends the current life and begins the next one, within a transaction.</summary>
    /// <param name="lastId">The last id that is known to belong to the life that ends.</param>
    /// <param name="firstId">The head with which the next one begins.</param>
    public void Begin(long lastId, long firstId)
    {
        var current = _current.TakeNumber();
        if (current > 0) Set(new(current, Math.Max(current, lastId)));
        Set(new(firstId, firstId));
        _deleteOldest.Bind(1, IdRange.MaxKept).Run();
    }

    private static long Sum(IdRange life) => Checksum.OfRow([], life.First, life.Last);

    private void Set(IdRange life) => _set.Bind(1, life.First).Bind(2, life.Last).Bind(3, Sum(life)).Run();
}
