namespace SseServer.Catalog;

/// <summary>How many subscriptions name a topic. Those of patterns that match it do not count.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Subscribers">The subscriptions.</param>
internal readonly record struct SubscriberChange(byte[] Topic, int Subscribers);
