using Microsoft.Data.Sqlite;

namespace SseServer.History.Sqlite.Tools;

/// <summary>Opens a store's file for reading only, even while a server writes it. Nothing in it is changed.</summary>
internal static class HistoryFile
{
    /// <summary>
    /// Whether the header's write version is above those that exist (SQLite's file format, section 1.3.3): SQLite then opens the file for
    /// reading only, without an error. False while a server has the file, because its lock keeps .NET from opening it. Not to be called
    /// while this process has a connection to the file: the system drops the connection's locks when any descriptor of the file is closed.
    /// </summary>
    public static bool HasUnknownWriteVersion(string path)
    {
        const int WriteVersionAt = 18;
        const byte WriteAheadLog = 2;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Span<byte> version = stackalloc byte[1];
            return RandomAccess.Read(file, version, WriteVersionAt) == 1 && version[0] > WriteAheadLog;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <exception cref="StoreException">The file is missing, not a history, of another format, or cannot be read.</exception>
    public static SqliteDatabase Open(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
            throw new StoreException(
                StoreFailure.Unavailable, $"The history {path} does not exist; set History:Path to the file that the server uses.");
        var database = SqliteDatabase.Open(path, SqliteOpenMode.ReadOnly);
        try
        {
            database.Execute("PRAGMA query_only = ON");
            StoreSchema.Check(database, StoreSchema.Steps);
            var version = StoreSchema.Version(database);
            if (version < StoreSchema.Steps.Count)
                throw new StoreException(
                    StoreFailure.Unavailable,
                    $"The history {path} has the older format {version}; start the server on it once to bring it to format "
                    + $"{StoreSchema.Steps.Count}.");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
