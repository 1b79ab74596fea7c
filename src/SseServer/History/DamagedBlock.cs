namespace SseServer.History;

/// <summary>Events that are stored and cannot be read, because their bytes are not those that were written.</summary>
/// <param name="Topic">The topic's name in UTF-8; empty where that is damaged, too.</param>
/// <param name="FirstId">The first of the events; it identifies the block.</param>
/// <param name="LastId">The last of them.</param>
internal readonly record struct DamagedBlock(byte[] Topic, long FirstId, long LastId);
