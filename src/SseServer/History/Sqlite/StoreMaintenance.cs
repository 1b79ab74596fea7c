using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>
/// Checkpoints, which move the write-ahead log's pages to the database, and the return of free pages to the disk. For the writer's thread,
/// between commits.
/// </summary>
/// <param name="database">The writer's connection.</param>
/// <param name="checkpointPages">The number of pages in the log at which <see cref="Step"/> makes a checkpoint.</param>
internal sealed class StoreMaintenance(SqliteDatabase database, int checkpointPages)
{
    // Eight megabytes: a page that is written again and again is copied once, and the copy takes some tens of milliseconds at most.
    public const int DefaultCheckpointPages = 2048;

    // 64 megabytes: beyond it a commit makes the checkpoint, because nobody calls Step, and waits for readers (a page's read at most).
    private const int LongLog = 8;

    // Free pages up to four megabytes or a quarter of the file are kept for events to come, so the file does not shrink and grow with the
    // load.
    private const int KeptFreePages = 1024;
    private const int VacuumPages = 128;

    private int _uncheckpointedPages;
    private int _logPages;

    /// <inheritdoc cref="IEventStore.Maintain"/>
    public bool Step()
    {
        _uncheckpointedPages += database.TakePagesWritten();
        if (_uncheckpointedPages >= checkpointPages)
        {
            Checkpoint();
            return true;
        }

        var free = database.QueryNumber("PRAGMA freelist_count");
        if (free <= KeptFreePages || free <= database.QueryNumber("PRAGMA page_count") / 4) return false;
        database.Execute($"PRAGMA incremental_vacuum({VacuumPages})");
        return true;
    }

    /// <summary>Makes a checkpoint if the log has grown far beyond what <see cref="Step"/> lets it. Never throws.</summary>
    public void AfterCommit()
    {
        _uncheckpointedPages += database.TakePagesWritten();
        if (_uncheckpointedPages >= LongLog * checkpointPages) TryCheckpoint();
    }

    /// <summary>Makes a checkpoint if the disk lets it. Never throws.</summary>
    public void TryCheckpoint()
    {
        try
        {
            Checkpoint();
        }
        catch (StoreException)
        {
            // What was committed is safe without a checkpoint. If the disk still fails, the next Step reports it.
        }
    }

    private void Checkpoint()
    {
        // Even if this one fails, the next is due after as many pages again, not at once.
        _uncheckpointedPages = 0;
        // The log starts over if no reader uses it. If readers always do, it would grow without end: then they are waited for.
        var mode = _logPages < LongLog * checkpointPages ? raw.SQLITE_CHECKPOINT_PASSIVE : raw.SQLITE_CHECKPOINT_RESTART;
        _logPages = database.Checkpoint(mode);
    }
}
