using SseServer.History;

namespace SseServer.Tests.History.Postgres;

/// <summary>The store in PostgreSQL keeps the contract of stores.</summary>
internal sealed class PostgresEventStoreTests : EventStoreContract
{
    private PostgresHistory _history = null!;

    [SetUp]
    public async Task CreateAsync() => _history = await PostgresHistory.CreateAsync();

    protected override IEventStore NewStore() => _history.NewStore();
}
