using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Publishing;

namespace SseServer.Tests.Support;

/// <summary>Publishing in two steps, for tests of what is between them. For hubs without a store.</summary>
internal static class HubExtensions
{
    /// <summary>Publishes without waiting for subscribers.</summary>
    public static HubStatus PublishNow(this EventHub hub, PublishBatch batch) => ((MemoryPublisher)hub.Publisher).Publish(batch);

    /// <summary>The wait that follows.</summary>
    public static ValueTask WaitForSubscribersAsync(this EventHub hub, PublishBatch batch)
        => ((MemoryPublisher)hub.Publisher).Backpressure.WaitAsync(batch);
}
