using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

internal sealed class SqliteEventStoreTests : OwnedStoreContract, IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IEventStore NewStore() => new SqliteEventStore(_directory.File);

    protected override void Sound() => Assert.That(HistoryCheck.Run(_directory.File).Problems, Is.Empty);
}
