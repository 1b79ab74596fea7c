namespace SseServer.History.Sqlite;

/// <summary>A topic as the writer knows it: its key, and its totals as they are committed.</summary>
internal sealed class TopicRow(long topicId, byte[] name)
{
    public long TopicId { get; } = topicId;

    public byte[] Name { get; } = name;

    public TopicTotals Totals { get; set; }

    public StoredTopic ToStored() => Totals.ToStored(Name);
}
