using Microsoft.Data.Sqlite;

namespace SseServer.History.Sqlite.Tools;

/// <summary>A store's file opened for reading only, also while a server writes it. Nothing of it is changed.</summary>
internal static class HistoryFile
{
    /// <exception cref="StoreException">It is missing, no history, of another format, or cannot be read.</exception>
    public static SqliteDatabase Open(string path)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path)) throw new StoreException(StoreFailure.Unavailable, $"The history {path} does not exist; History:Path names the file of a server.");
        var database = SqliteDatabase.Open(path, SqliteOpenMode.ReadOnly);
        try
        {
            database.Execute("PRAGMA query_only = ON");
            StoreSchema.Check(database, StoreSchema.Steps);
            var version = StoreSchema.Version(database);
            if (version < StoreSchema.Steps.Count)
                throw new StoreException(StoreFailure.Unavailable, $"The history {path} has the older format {version}; start the server on it once, which brings it to format {StoreSchema.Steps.Count}.");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }
}
