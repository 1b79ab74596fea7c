namespace SseServer.Presence;

/// <summary>What a webhook is to be told: the same id and body at each attempt. Immutable.</summary>
internal sealed class WebhookMessage(in OccupancyChange change, DateTimeOffset time)
{
    /// <summary>By which a receiver knows a repetition.</summary>
    public string Id { get; } = "msg_" + Guid.NewGuid().ToString("N");

    public byte[] Topic { get; } = change.Topic;

    public bool IsOccupied { get; } = change.IsOccupied;

    public byte[] Body { get; } = PresenceJson.OfChange(change, time);
}
