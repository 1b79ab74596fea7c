namespace SseServer.History.Sqlite;

/// <summary>
/// The tables, and the steps that bring a file to this program's format: step n makes format n of format n - 1, and format 0 is an empty
/// file. A released step never changes; a new format is one more step.
/// <para>
/// Events are stored in blocks. A commit is cut into stretches, in id order, and a block has a run of one topic's events within a stretch.
/// Ids are unique in the store, so a block's first id is its row's key, and the table's order is the order of events. Ids of different
/// stretches do not interleave, so to read from an id on is to read from its stretch on.
/// </para>
/// </summary>
internal static class StoreSchema
{
    /// <summary>"SSEh", in the file's header: distinguishes a history from other SQLite files.</summary>
    public const int ApplicationId = 0x53534568;

    // An index also holds the rows' keys, so blocks_by_topic is by topic and first id.
    private const string Version1 = """
        CREATE TABLE store (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            origin INTEGER NOT NULL,
            high_water INTEGER NOT NULL,
            last_id INTEGER NOT NULL,
            floor INTEGER NOT NULL,
            unclean_through INTEGER NOT NULL,
            is_clean INTEGER NOT NULL
        ) STRICT;
        INSERT INTO store VALUES (1, 0, 0, 0, 0, 0, 1);
        CREATE TABLE topics (
            topic_id INTEGER PRIMARY KEY AUTOINCREMENT,
            name BLOB NOT NULL UNIQUE,
            first_id INTEGER NOT NULL,
            last_id INTEGER NOT NULL,
            count INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            evicted_through INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE blocks (
            first_id INTEGER PRIMARY KEY,
            stretch_id INTEGER NOT NULL,
            topic_id INTEGER NOT NULL,
            last_id INTEGER NOT NULL,
            count INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            publisher_ids INTEGER NOT NULL,
            data BLOB NOT NULL
        ) STRICT;
        CREATE INDEX blocks_by_topic ON blocks (topic_id);
        CREATE TABLE publisher_ids (
            publisher_id BLOB NOT NULL,
            id INTEGER NOT NULL,
            topic_id INTEGER NOT NULL,
            PRIMARY KEY (publisher_id, id)
        ) STRICT, WITHOUT ROWID;
        """;

    // Blocks that begin at or below their topic's trimmed_through are compacted. Kept is the number of their events; of those, stale are no
    // longer the newest of a key.
    // A block that is not compacted and has keys has a row in keyed_blocks. Blocks of format 1 have no keys, so the step changes none.
    // If a trim of format 1 was cut short, evicted_through is ahead of what was deleted, so trimmed_through is computed from first_id.
    private const string Version2 = """
        ALTER TABLE topics ADD COLUMN trimmed_through INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE topics ADD COLUMN end_id INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE topics ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE topics ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;
        UPDATE topics SET trimmed_through = iif(count > 0, min(evicted_through, first_id - 1), evicted_through);
        CREATE TABLE keys (
            topic_id INTEGER NOT NULL,
            key BLOB NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (topic_id, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX keys_by_id ON keys (topic_id, id);
        CREATE TABLE keyed_blocks (
            first_id INTEGER PRIMARY KEY,
            last_unkeyed_id INTEGER NOT NULL
        ) STRICT;
        """;

    // Of lives before this format only the first beginning is known, so ids between two of them count as assigned. The open that follows
    // writes the end of the row's life.
    // A checksum of -1 means that there is none: the row gets one when it is next written.
    private const string Version3 = """
        CREATE TABLE lives (
            first_id INTEGER PRIMARY KEY,
            last_id INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        INSERT INTO lives SELECT origin, origin, -1 FROM store WHERE origin > 0;
        ALTER TABLE store ADD COLUMN checksum INTEGER NOT NULL DEFAULT -1;
        ALTER TABLE topics ADD COLUMN checksum INTEGER NOT NULL DEFAULT -1;
        """;

    // The digest of an event's content tells a repeat from another event under the same id. 0 means that it is not known.
    private const string Version4 = "ALTER TABLE publisher_ids ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;";

    /// <summary>The steps of this program.</summary>
    public static IReadOnlyList<string> Steps { get; } = [Version1, Version2, Version3, Version4];

    /// <summary>Creates the tables in an empty file, and brings those of an older format to this one.</summary>
    /// <exception cref="StoreException">The file is another program's, or has a newer format.</exception>
    public static void Prepare(SqliteDatabase database, IReadOnlyList<string> steps)
    {
        Check(database, steps);
        // Both matter in an empty file only. With INCREMENTAL, free pages can be returned to the disk a few at a time.
        database.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
        // A commit is on the disk when it returns. NORMAL syncs at checkpoints only, so a power cut could lose acknowledged events.
        database.Execute("PRAGMA synchronous = FULL");
        for (var version = Version(database); version < steps.Count; version++) Step(database, steps[version], version + 1);
    }

    /// <summary>Refuses a file that is not a history, or has an unknown format.</summary>
    /// <exception cref="StoreException">The file is refused.</exception>
    public static void Check(SqliteDatabase database, IReadOnlyList<string> steps)
    {
        var version = Version(database);
        var isEmpty = version == 0 && database.QueryNumber("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && database.QueryNumber("PRAGMA application_id") != ApplicationId)
            throw StoreErrors.Create(StoreFailure.Corrupt, database.Path, "it is another program's SQLite database");
        if (version < 0) throw StoreErrors.Create(StoreFailure.Corrupt, database.Path, $"its format {version} does not exist");
        if (version > steps.Count)
            throw new StoreException(
                StoreFailure.Corrupt,
                $"The history {database.Path} has format {version}, and this sse-server reads formats up to {steps.Count}; "
                + "use the newer version that wrote it.");
    }

    public static int Version(SqliteDatabase database) => (int)database.QueryNumber("PRAGMA user_version");

    private static void Step(SqliteDatabase database, string step, int version)
    {
        using var transaction = database.BeginWrite();
        database.Execute(step);
        database.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version}");
        transaction.Commit();
    }
}
