using SQLitePCL;

namespace SseServer.History.Sqlite;

// Housekeeping: checkpoints between commits, and pages given back to the disk.
internal sealed partial class SqliteEventStore
{
    // Eight megabytes: a page that is written again and again goes to the database once, and the copy takes some tens of milliseconds at most.
    private const int DefaultCheckpointPages = 2048;

    // 64 megabytes: beyond it the log is worked off within a commit, where nobody calls Maintain, and readers are waited for (they hold it for a page's read).
    private const int LongLog = 8;

    // Free pages up to four megabytes or a quarter of the file are kept for the events to come: the file breathes with its load.
    private const int KeptFreePages = 1024;
    private const int VacuumPages = 128;

    private int _uncheckpointedPages;
    private int _logPages;

    /// <summary>Pages in the log at which <see cref="Maintain"/> works it off; few, where a test wants to see it often.</summary>
    internal int CheckpointPages { get; init; } = DefaultCheckpointPages;

    public bool Maintain()
    {
        var database = Database;
        _uncheckpointedPages += database.TakePagesWritten();
        if (_uncheckpointedPages >= CheckpointPages)
        {
            Checkpoint(database);
            return true;
        }

        var free = database.QueryNumber("PRAGMA freelist_count");
        if (free <= KeptFreePages || free <= database.QueryNumber("PRAGMA page_count") / 4) return false;
        database.Execute($"PRAGMA incremental_vacuum({VacuumPages})");
        return true;
    }

    private void CheckpointIfLong()
    {
        _uncheckpointedPages += Database.TakePagesWritten();
        if (_uncheckpointedPages >= LongLog * CheckpointPages) TryCheckpoint(Database);
    }

    // What was committed stands, whatever the disk says to this. It will say it again to the next Maintain.
    private void TryCheckpoint(SqliteDatabase database)
    {
        try
        {
            Checkpoint(database);
        }
        catch (StoreException)
        {
            // Said above.
        }
    }

    private void Checkpoint(SqliteDatabase database)
    {
        // However it ends, the next is due after as many pages again, not at once.
        _uncheckpointedPages = 0;
        // The log begins anew where no reader stands in it. Readers that always do would have it grow: then they are waited for.
        _logPages = database.Checkpoint(_logPages < LongLog * CheckpointPages ? raw.SQLITE_CHECKPOINT_PASSIVE : raw.SQLITE_CHECKPOINT_RESTART);
    }
}
