namespace SseServer.History.Sqlite;

/// <summary>A topic's totals, as its row holds them.</summary>
internal record struct TopicTotals(long FirstId, long LastId, long Count, long Bytes, long EvictedThrough);
