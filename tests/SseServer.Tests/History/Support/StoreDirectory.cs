using Microsoft.Data.Sqlite;
using SseServer.History.Sqlite;

namespace SseServer.Tests.History.Support;

/// <summary>A directory for a store's files, deleted with them.</summary>
internal sealed class StoreDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sse-store-");

    public string Name => _directory.FullName;

    public string File => Path.Combine(Name, "history.db");

    /// <summary>Opens the store as a server does that starts for the first time.</summary>
    public SqliteEventStore OpenStore()
    {
        var store = new SqliteEventStore(File);
        store.Open(1, 1_000_000);
        return store;
    }

    /// <summary>Asks the file for a number.</summary>
    public long Query(string sql)
    {
        using var database = SqliteDatabase.Open(File, SqliteOpenMode.ReadWrite);
        return database.QueryNumber(sql);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
