using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Presence;

/// <summary>Whose readers are told of, and to whom. Validated where it is read; immutable.</summary>
internal sealed record PresenceOptions
{
    public static readonly PresenceOptions Default = new();

    /// <summary>
    /// What is kept of a presence topic unless the user's rules say otherwise: who looks wants the count and perhaps its last minutes. A topic that nobody reads any more is
    /// gone an hour later; counts that stand still are told again in time (<see cref="SubscriberCounts"/>).
    /// </summary>
    public static readonly TopicRetention Retention = new() { MaxEvents = 100, MaxAge = TimeSpan.FromHours(1) };

    /// <summary>Topics whose number of readers is told in their presence topics. None begins with <c>$</c>, so that presence is not told of presence.</summary>
    public IReadOnlyList<Selector> Topics { get; init; } = [];

    // As often as a person can follow a number.
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    // Readers that lose their connection come back 3 s later by default, or 4 at the most.
    public TimeSpan Debounce { get; init; } = TimeSpan.FromSeconds(5);

    // The eighth comes about five minutes after the first: longer than a receiver's restart.
    public int WebhookAttempts { get; init; } = 8;

    /// <summary>Who is told of a topic's first and last reader.</summary>
    public IReadOnlyList<WebhookOptions> Webhooks { get; init; } = [];

    public bool IsOn => Topics.Count > 0 || Webhooks.Count > 0;

    /// <summary>The topics whose readers the hub has to note.</summary>
    public IReadOnlyList<Selector> Watched => [.. Topics, .. Webhooks.SelectMany(webhook => webhook.Topics)];

    /// <summary>Whether one of some selectors names a topic.</summary>
    public static bool Names(IReadOnlyList<Selector> selectors, ReadOnlySpan<byte> topic)
    {
        foreach (var selector in selectors)
            if (selector.Matches(topic)) return true;
        return false;
    }
}
