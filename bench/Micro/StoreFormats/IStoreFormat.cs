using SseServer.History;

namespace SseServer.Bench.Micro.StoreFormats;

/// <summary>A way to lay out events in SQLite, as far as the comparison needs it.</summary>
internal interface IStoreFormat : IDisposable
{
    void Open();

    void Commit(StoreCommit commit);

    /// <summary>Reads the topics, or all of them if there are none, page by page; returns the number of events.</summary>
    long ReadAll(IReadOnlyList<byte[]> topics);

    /// <summary>Deletes a topic's oldest events in steps, until at most that many are left.</summary>
    void Trim(byte[] topic, long maxEvents);
}
