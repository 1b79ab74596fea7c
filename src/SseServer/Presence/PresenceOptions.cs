using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Presence;

/// <summary>Which topics report presence, and to which webhooks. Validated by the settings; immutable.</summary>
internal sealed record PresenceOptions
{
    public static readonly PresenceOptions Default = new();

    /// <summary>
    /// The retention of presence topics unless a rule of the user sets another: readers want the count and perhaps its last minutes. The
    /// presence topic of an unused topic expires an hour later; counts that do not change are published again before they expire
    /// (<see cref="SubscriberCounts"/>).
    /// </summary>
    public static readonly TopicRetention Retention = new() { MaxEvents = 100, MaxAge = TimeSpan.FromHours(1) };

    /// <summary>
    /// Topics whose subscriber counts are published in their presence topics. None begins with <c>$</c>, so that there is no presence of
    /// presence.
    /// </summary>
    public IReadOnlyList<Selector> Topics { get; init; } = [];

    /// <summary>The time between two counts of a topic. A second by default, as fast as a person can follow a number.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a topic must be empty before it is vacated. 5 seconds by default: subscribers that lose their connection return after 3, at
    /// most 4 seconds.
    /// </summary>
    public TimeSpan Debounce { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Attempts per delivery. By default 8; the last one is about five minutes after the first, longer than the restart of a receiver.
    /// </summary>
    public int WebhookAttempts { get; init; } = 8;

    /// <summary>The webhooks that are told when topics are occupied and vacated.</summary>
    public IReadOnlyList<WebhookOptions> Webhooks { get; init; } = [];

    /// <summary>Whether any topic reports presence.</summary>
    public bool IsOn => Topics.Count > 0 || Webhooks.Count > 0;

    /// <summary>The topics whose subscribers the hub must count.</summary>
    public IReadOnlyList<Selector> Watched => [.. Topics, .. Webhooks.SelectMany(webhook => webhook.Topics)];

    /// <summary>Returns whether one of the selectors matches a topic.</summary>
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
