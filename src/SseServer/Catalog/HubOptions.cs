using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>What the engine retains and how it serves subscribers. Validated when the settings are read; immutable.</summary>
internal sealed record HubOptions
{
    public static readonly HubOptions Default = new();

    /// <summary>Threads that serve subscriptions; by default one per core but one, at least 1.</summary>
    // One core is left for the kernel's receiving side, publishers and other programs. With a shard on every core of a machine that also
    // runs the subscribers, p99 is about a fifth higher (the load bench's steady workload).
    public int Shards { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>Retention of topics that no rule matches.</summary>
    public TopicRetention Retention { get; init; } = new();

    /// <summary>Durability of topics that no rule matches; <see cref="Durability.Sync"/> by default.</summary>
    // A publisher expects that an event answered with 201 survives; one that prefers speed can choose it.
    public Durability Durability { get; init; } = Durability.Sync;

    /// <summary>Other retention and durability for some topics; the first rule that matches a topic applies. None by default.</summary>
    public IReadOnlyList<TopicRule> Rules { get; init; } = [];

    /// <summary>
    /// The topics whose subscriber-count changes are recorded for presence (<c>EventHub.TakeSubscriberChanges</c>); none by default.
    /// </summary>
    public IReadOnlyList<Selector> Watched { get; init; } = [];

    /// <summary>Bytes of memory for the history of all topics; 256 MiB by default.</summary>
    // A quarter of the smallest usual container (1 GB).
    public long MaxHistoryBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Topics at most; 100,000 by default.</summary>
    // A topic with one event takes about 1 KB.
    public int MaxTopics { get; init; } = 100_000;

    /// <summary>Topics at most before a subscriber cannot create one: a tenth is reserved for publishers.</summary>
    internal int MaxTopicsForSubscribers => MaxTopics - MaxTopics / 10;

    /// <summary>
    /// Subscriptions at most of one topic or pattern; 0, the default, for no limit, since a subscriber costs its topic nothing.
    /// </summary>
    public int MaxStreamsPerTopic { get; init; }

    /// <summary>Distinct patterns at most; 256 by default.</summary>
    // Each publish appends to every pattern that matches its topic.
    public int MaxPatterns { get; init; } = 256;

    /// <summary>After how long a silent stream gets a heartbeat; 15 seconds by default.</summary>
    // WHATWG HTML 9.2.7 recommends a comment every 15 seconds or so against proxies that drop silent connections.
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The mean reconnection time while the server has room; 3 seconds by default.</summary>
    // Chromium's and Firefox's own reconnection times are 3 and 5 seconds.
    public TimeSpan ReconnectionTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest mean reconnection time under load; 1 minute by default.</summary>
    // After more than a minute people reload by hand.
    public TimeSpan MaxReconnectionTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Clients that may return per second, on average, after streams were ended; 5,000 by default.</summary>
    // Two cores bring as many resuming clients up to date within a second (the load bench's replay storm).
    public int ReturnRate { get; init; } = 5_000;

    /// <summary>How long a pattern without subscribers is retained; 1 minute by default.</summary>
    // A subscriber that reconnects finds the pattern's log still there.
    public TimeSpan PatternLinger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a topic without events and subscribers is retained; 1 minute by default.</summary>
    // The same as for patterns.
    public TimeSpan TopicLinger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the end of a topic is remembered at least, 24 hours by default; never shorter than its events are retained.
    /// </summary>
    // A page that is opened the next day still learns that its job is done.
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

/// <summary>Retention and durability of the topics that a selector matches.</summary>
/// <param name="Topics">A topic or a pattern.</param>
/// <param name="Retention">How much of each is retained.</param>
/// <param name="Durability">When their publishers are answered.</param>
internal sealed record TopicRule(Selector Topics, TopicRetention Retention, Durability Durability)
{
    public bool Matches(ReadOnlySpan<byte> topic) => Topics.Matches(topic);
}
