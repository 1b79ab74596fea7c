namespace SseServer.History.Sqlite;

/// <summary>
/// The tables, and how a file comes to the version this program writes: step n makes version n of version n - 1, where version 0 is an empty file.
/// A released step never changes; a new format is one more step.
/// <para>
/// Ids are unique over the store, so a block's first id is its row's key, and the table's order is the order of events. A block holds a run of one topic's events within a stretch:
/// a part of a commit in id order. Ids of different stretches do not interleave, so a reader that begins at any id begins at that id's stretch.
/// </para>
/// </summary>
internal static class StoreSchema
{
    /// <summary>"SSEh", in the file's header: tells a history from other SQLite files.</summary>
    public const int ApplicationId = 0x53534568;

    // The index holds the rows' keys beside the topic: it is by topic and first id.
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

    // A block without a row in keyed_blocks has no event with a key, as all of version 1: so migration touches no block. Such a row goes once its block is thinned.
    // A trim of version 1 that was cut short has said more than it did: what is left has yet to be trimmed.
    // Blocks that begin at or below their topic's trimmed_through are thinned: of their entries, kept in number, stale ones are not the newest of a key any more.
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

    // Of lives before this version only the first beginning is known, so ids between two of them count as given. The open that follows
    // ends the row.
    // -1 stands for rows without a checksum: they get one when they are next written.
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

    /// <summary>The steps of this program.</summary>
    public static IReadOnlyList<string> Steps { get; } = [Version1, Version2, Version3];

    /// <summary>Makes the tables in an empty file, and brings those of an older version to this one.</summary>
    /// <exception cref="StoreException">The file is another program's or a newer version's.</exception>
    public static void Prepare(SqliteDatabase database, IReadOnlyList<string> steps)
    {
        Check(database, steps);
        // Both have effect in an empty file only: pages that are let go can be given back to the disk, a few at a time.
        database.Execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
        // A commit is on the disk when it returns. NORMAL would sync at checkpoints only, and a power cut would take acknowledged events.
        database.Execute("PRAGMA synchronous = FULL");
        for (var version = Version(database); version < steps.Count; version++) Step(database, steps[version], version + 1);
    }

    /// <summary>Refuses a file that is not a history of a version that is known.</summary>
    public static void Check(SqliteDatabase database, IReadOnlyList<string> steps)
    {
        var version = Version(database);
        var isEmpty = version == 0 && database.QueryNumber("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isEmpty && database.QueryNumber("PRAGMA application_id") != ApplicationId)
            throw StoreErrors.Create(StoreFailure.Corrupt, database.Path, "it is another program's SQLite database");
        if (version < 0) throw StoreErrors.Create(StoreFailure.Corrupt, database.Path, $"its format {version} is none that there is");
        if (version > steps.Count)
            throw new StoreException(StoreFailure.Corrupt,
                $"The history {database.Path} has format {version}, and this sse-server knows formats up to {steps.Count}; use the newer version that made it.");
    }

    public static int Version(SqliteDatabase database) => (int)database.QueryNumber("PRAGMA user_version");

    private static void Step(SqliteDatabase database, string step, int version)
    {
        database.BeginWrite();
        try
        {
            database.Execute(step);
            database.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {version}");
            database.Commit();
        }
        catch
        {
            database.RollBack();
            throw;
        }
    }
}
