using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>What there is of a topic at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Subscribers">Streams that name it; those that read it through a pattern are the pattern's.</param>
/// <param name="Events">Events in memory.</param>
/// <param name="Bytes">Their bytes, as they go on the wire.</param>
/// <param name="Last">The newest event that memory or the store got; null where there was none.</param>
internal readonly record struct TopicState(byte[] Name, int Subscribers, int Events, long Bytes, EventId? Last);
