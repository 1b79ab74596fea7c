using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

internal sealed class SqliteEventStoreTests : EventStoreContract, IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IEventStore NewStore() => new SqliteEventStore(_directory.File);
}
