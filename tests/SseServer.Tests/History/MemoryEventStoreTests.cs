using SseServer.History;

namespace SseServer.Tests.History;

/// <summary>The store of the hub's tests keeps the contract of stores.</summary>
internal sealed class MemoryEventStoreTests : OwnedStoreContract, IDisposable
{
    private MemoryEventStore? _store;

    public void Dispose() => _store?.Dispose();

    protected override IEventStore NewStore() => _store = _store?.Crash() ?? new MemoryEventStore();
}
