namespace SseServer.History;

/// <summary>A topic's totals.</summary>
/// <param name="Name">Its name in UTF-8.</param>
/// <param name="FirstId">The oldest stored event; 0 where there is none.</param>
/// <param name="LastId">The newest event it ever had.</param>
/// <param name="Count">Stored events.</param>
/// <param name="Bytes">Bytes of their frames.</param>
/// <param name="EvictedThrough">Every event of the topic after this id is stored; 0 where none was ever let go.</param>
internal readonly record struct StoredTopic(byte[] Name, long FirstId, long LastId, long Count, long Bytes, long EvictedThrough);
