using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>What a hub may keep and how it serves its readers. Validated where it is read; immutable.</summary>
internal sealed record HubOptions
{
    public static readonly HubOptions Default = new();

    // One a core, but one core is left to what else there is: the kernel's receiving side, publishers, other programs. With a shard on
    // every core of a machine that also runs its readers, p99 is about a fifth higher (the load bench's steady workload).
    public int Shards { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    public TopicRetention Retention { get; init; } = new();

    // A publisher whose 201 can be lost has to be told so; who prefers speed sets it.
    public Durability Durability { get; init; } = Durability.Sync;

    /// <summary>For some topics, other retention and durability; the first rule that matches a topic counts.</summary>
    public IReadOnlyList<TopicRule> Rules { get; init; } = [];

    /// <summary>The topics whose changes of readers somebody takes (<c>EventHub.TakeSubscriberChanges</c>); by default none, and then nothing is noted.</summary>
    public IReadOnlyList<Selector> Watched { get; init; } = [];

    // A quarter of the smallest usual container (1 GB) stays for history.
    public long MaxHistoryBytes { get; init; } = 256 * 1024 * 1024;

    // About 1 KB a topic with one event.
    public int MaxTopics { get; init; } = 100_000;

    /// <summary>Readers that name topics which nobody publishes to leave a tenth to publishers.</summary>
    internal int MaxTopicsForSubscribers => MaxTopics - MaxTopics / 10;

    /// <summary>Subscriptions that name one topic or pattern; 0 is no bound, since a reader costs its topic nothing.</summary>
    public int MaxStreamsPerTopic { get; init; }

    // Each publish appends to every pattern that matches its topic.
    public int MaxPatterns { get; init; } = 256;

    // WHATWG HTML 9.2.7 recommends a comment every 15 seconds or so against proxies that drop silent connections.
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    // Chromium's and Firefox's own reconnection times are 3 and 5 seconds.
    public TimeSpan ReconnectionTime { get; init; } = TimeSpan.FromSeconds(3);

    // After more than a minute people reload by hand.
    public TimeSpan MaxReconnectionTime { get; init; } = TimeSpan.FromMinutes(1);

    // As many clients that resume are caught up within a second on two cores (the load bench's replay storm).
    public int ReturnRate { get; init; } = 5_000;

    // A reader of a pattern that reconnects finds its index still there.
    public TimeSpan PatternLinger { get; init; } = TimeSpan.FromSeconds(60);

    // A topic without events or readers goes away after the same time.
    public TimeSpan TopicLinger { get; init; } = TimeSpan.FromSeconds(60);

    // A page that is opened the next day still hears that its job is done: as long as events are kept by default.
    /// <summary>How long an end is known at least; never less than the topic's events are.</summary>
    public TimeSpan EndedLinger { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The retention of topics in general, and those of the rules.</summary>
    internal IEnumerable<TopicRetention> Retentions => [Retention, .. Rules.Select(rule => rule.Retention)];

    /// <summary>Whether some topics' events are shown before they are committed.</summary>
    public bool HasAsyncTopics => Durability == Durability.Async || Rules.Any(rule => rule.Durability == Durability.Async);

    /// <summary>The retention and durability of a topic.</summary>
    public (TopicRetention Retention, Durability Durability) RuleOf(ReadOnlySpan<byte> topic)
    {
        foreach (var rule in Rules)
            if (rule.Matches(topic)) return (rule.Retention, rule.Durability);
        return (Retention, Durability);
    }

    internal bool Watches(ReadOnlySpan<byte> topic)
    {
        foreach (var selector in Watched)
            if (selector.Matches(topic)) return true;
        return false;
    }
}
