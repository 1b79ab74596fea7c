using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>Which failure of the store an SQLite result code is, and the sentence for the operator.</summary>
internal static class StoreErrors
{
    // SQLITE_IOERR_SHMSIZE: there was no space for the index of the write-ahead log to grow.
    private const int SharedMemorySize = raw.SQLITE_IOERR | (19 << 8);

    /// <summary>The failure that an extended result code means.</summary>
    public static StoreFailure Classify(int extendedCode) => (extendedCode & 0xFF) switch
    {
        _ when extendedCode == SharedMemorySize => StoreFailure.Full,
        raw.SQLITE_FULL => StoreFailure.Full,
        raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => StoreFailure.ReadOnly,
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_FORMAT or raw.SQLITE_ERROR or raw.SQLITE_CONSTRAINT => StoreFailure.Corrupt,
        _ => StoreFailure.Unavailable,
    };

    public static StoreException Create(string path, int extendedCode, string message)
        => Create(Classify(extendedCode), path, $"SQLite {extendedCode}: {message}");

    public static StoreException Create(StoreFailure failure, string path, string cause) => new(failure, failure switch
    {
        StoreFailure.Full => $"The disk of the history {path} is full; free some space, and the server continues by itself ({cause}).",
        StoreFailure.ReadOnly =>
            $"The history {path} cannot be opened or written; let the server's user write the file and its directory ({cause}).",
        StoreFailure.Corrupt =>
            $"The history {path} is damaged or not a history file; stop the server, run 'sse-server history check', "
            + $"and restore a copy or move the file away ({cause}).",
        _ => $"The history {path} cannot be used; check that its disk works and that no other process locks it ({cause}).",
    });

    /// <summary>A row of a table has numbers other than those that were written.</summary>
    public static StoreException DamagedRow(string path, string table)
        => Create(StoreFailure.Corrupt, path, $"a row of its table {table} fails its checksum");
}
