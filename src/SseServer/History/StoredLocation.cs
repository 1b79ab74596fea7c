namespace SseServer.History;

/// <summary>Where an event stands.</summary>
/// <param name="Topic">The topic's name in UTF-8.</param>
/// <param name="Id">The event's id.</param>
internal readonly record struct StoredLocation(byte[] Topic, long Id);
