namespace SseServer.History.Sqlite;

/// <summary>
/// The lives of the history as stretches of ids (<see cref="IdRange"/>), oldest first; the last row is the life that goes on, or ended
/// with a crash: its end is written when the next one begins.
/// For the writer's thread, within its transactions.
/// </summary>
internal sealed class LifeTable
{
    private readonly string _path;
    private readonly SqliteStatement _rows;
    private readonly SqliteStatement _set;
    private readonly SqliteStatement _forget;

    public LifeTable(SqliteDatabase database)
    {
        _path = database.Path;
        _rows = database.Prepare("SELECT first_id, last_id, checksum FROM lives ORDER BY first_id");
        _set = database.Prepare("INSERT OR REPLACE INTO lives (first_id, last_id, checksum) VALUES (?1, ?2, ?3)");
        _forget = database.Prepare(
            "DELETE FROM lives WHERE first_id <= (SELECT first_id FROM lives ORDER BY first_id DESC LIMIT 1 OFFSET ?1)");
    }

    /// <summary>The first id of the life that goes on; 0 before there is one.</summary>
    public long Current { get; private set; }

    /// <exception cref="StoreException">A row is not what was written.</exception>
    public List<IdRange> Read()
    {
        var lives = new List<IdRange>();
        while (_rows.Step())
        {
            var life = new IdRange(_rows.Number(0), _rows.Number(1));
            var isRight = _rows.Number(2) is var checksum && RowChecksum.IsRight(checksum, Checksum(life)) && life.First <= life.Last;
            if (!isRight)
            {
                _rows.Reset();
                throw StoreErrors.DamagedRow(_path, "lives");
            }

            lives.Add(life);
        }

        Current = lives.Count > 0 ? lives[^1].First : 0;
        return lives;
    }

    /// <summary>Ends the life that went on at an id, and begins another at one above it.</summary>
    /// <param name="lastId">The last id that is known to be of it.</param>
    /// <param name="firstId">The head with which the next one begins.</param>
    public void Begin(long lastId, long firstId)
    {
        if (Current > 0) Set(new(Current, Math.Max(Current, lastId)));
        Set(new(firstId, firstId));
        _forget.Bind(1, IdRange.MaxKept).Run();
        Current = firstId;
    }

    /// <summary>The transaction in which lives began was rolled back.</summary>
    public void Restore(long current) => Current = current;

    private static long Checksum(IdRange life) => RowChecksum.Compute(life.First, life.Last);

    private void Set(IdRange life) => _set.Bind(1, life.First).Bind(2, life.Last).Bind(3, Checksum(life)).Run();
}
