namespace SseServer.History;

/// <summary>A topic of a <see cref="StoreCommit"/>: the ends of its chain of entries.</summary>
internal struct StoreCommitTopic
{
    public byte[] Name;

    public int First;

    public int Last;
}
