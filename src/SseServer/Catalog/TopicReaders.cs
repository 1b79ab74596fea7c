namespace SseServer.Catalog;

/// <summary>How many subscriptions name a topic; those of patterns that match it are not among them.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Readers">The subscriptions.</param>
internal readonly record struct TopicReaders(byte[] Topic, int Readers);
