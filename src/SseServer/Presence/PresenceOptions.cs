using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Presence;

/// <summary>Which topics report presence, and to which webhooks. Validated when it is read; immutable.</summary>
internal sealed record PresenceOptions
{
    public static readonly PresenceOptions Default = new();

    /// <summary>
    /// What is kept of a presence topic unless a rule of the user matches it: the count and its recent changes. The presence of a topic
    /// without subscribers expires after an hour; a count that does not change is published again in time (<see cref="SubscriberCounts"/>).
    /// </summary>
    public static readonly TopicRetention Retention = new() { MaxEvents = 100, MaxAge = TimeSpan.FromHours(1) };

    /// <summary>
    /// Topics whose number of subscribers is published to their presence topics. None begins with <c>$</c>, so that presence topics have no
    /// presence. None by default.
    /// </summary>
    public IReadOnlyList<Selector> Topics { get; init; } = [];

    /// <summary>How often changed counts are published. Default 1 s, as fast as people can follow a number.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a topic must have no subscriber before webhooks are told. Default 5 s: clients reconnect after 3 s, or at most 4.
    /// </summary>
    public TimeSpan Debounce { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Attempts to deliver to a webhook. Default 8, over about five minutes, which outlasts a restart of the receiver.</summary>
    public int WebhookAttempts { get; init; } = 8;

    /// <summary>The webhooks that are told of a topic's first and last subscriber. None by default.</summary>
    public IReadOnlyList<WebhookOptions> Webhooks { get; init; } = [];

    /// <summary>Whether any topic reports presence.</summary>
    public bool IsOn => Topics.Count > 0 || Webhooks.Count > 0;

    /// <summary>The topics whose subscriber changes the hub must record.</summary>
    public IReadOnlyList<Selector> Watched => [.. Topics, .. Webhooks.SelectMany(webhook => webhook.Topics)];

    /// <summary>Whether one of the selectors matches a topic.</summary>
    public static bool Names(IReadOnlyList<Selector> selectors, ReadOnlySpan<byte> topic)
    {
        foreach (var selector in selectors)
            if (selector.Matches(topic)) return true;

        return false;
    }
}

/// <summary>A receiver that is told when topics are occupied and vacated. Immutable.</summary>
/// <param name="Name">Its name in the log, where the URL could reveal a secret.</param>
/// <param name="Url">An http or https URL.</param>
/// <param name="Secret">Signs the deliveries.</param>
/// <param name="Topics">The topics that it is told about.</param>
internal sealed record WebhookOptions(string Name, Uri Url, WebhookSecret Secret, IReadOnlyList<Selector> Topics);
