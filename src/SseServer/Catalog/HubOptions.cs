using SseServer.Log;

namespace SseServer.Catalog;

/// <summary>What a hub may keep, and how it serves its subscribers. Validated when it is read; immutable.</summary>
internal sealed record HubOptions
{
    public static readonly HubOptions Default = new();

    /// <summary>
    /// Threads that serve subscriptions, 1 to 64. Default: one less than there are cores, so that one core is left for the kernel,
    /// publishers and other programs. With a shard on every core of a machine that also runs the clients, p99 is about a fifth higher
    /// (workload steady of the load bench).
    /// </summary>
    public int Shards { get; init; } = Math.Max(1, Environment.ProcessorCount - 1);

    /// <summary>What is kept of each topic that no rule matches.</summary>
    public TopicRetention Retention { get; init; } = new();

    /// <summary>
    /// When a publisher is answered if there is a store. Default sync: a publisher that gets 201 can rely on it, and who prefers speed can
    /// choose it.
    /// </summary>
    public Durability Durability { get; init; } = Durability.Sync;

    /// <summary>Other retention and durability for some topics; the first rule that matches a topic applies. None by default.</summary>
    public IReadOnlyList<TopicRule> Rules { get; init; } = [];

    /// <summary>
    /// The topics whose subscriber changes are recorded for presence (<c>EventHub.TakeSubscriberChanges</c>). None by default.
    /// </summary>
    public IReadOnlyList<Selector> Watched { get; init; } = [];

    /// <summary>
    /// Bytes of memory for the history of all topics. Default 256 MB, a quarter of the smallest usual container (1 GB).
    /// </summary>
    public long MaxHistoryBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>Most topics at once. Default 100,000, about 100 MB if each has one event.</summary>
    public int MaxTopics { get; init; } = 100_000;

    /// <summary>Most topics that subscribers can create by naming them; a tenth is left for publishers.</summary>
    internal int MaxTopicsForSubscribers => MaxTopics - MaxTopics / 10;

    /// <summary>Most subscriptions that name one topic or pattern. Default 0, no limit: a subscriber costs its topic nothing.</summary>
    public int MaxStreamsPerTopic { get; init; }

    /// <summary>
    /// Most distinct patterns at once. Default 256, because each publish appends to every pattern that matches its topic.
    /// </summary>
    public int MaxPatterns { get; init; } = 256;

    /// <summary>
    /// Time without an event after which a stream gets a comment. Default 15 s, which WHATWG HTML 9.2.7 recommends against proxies that
    /// drop silent connections.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Average time after which clients reconnect. Default 3 s; the built-in times of Chromium and Firefox are 3 and 5 s.
    /// </summary>
    public TimeSpan ReconnectionTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Longest reconnection time that clients get under load. Default 1 min; people who wait longer reload the page.
    /// </summary>
    public TimeSpan MaxReconnectionTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Average number of clients a second that may reconnect after a drain or a shed. Default 5,000: two cores replay to that many in a
    /// second (workload storm of the load bench).
    /// </summary>
    public int ReturnRate { get; init; } = 5_000;

    /// <summary>
    /// How long a pattern without subscribers is kept. Default 60 s, so that a subscriber that reconnects finds its index.
    /// </summary>
    public TimeSpan PatternLinger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a topic without events and subscribers is kept. Default 60 s, as for patterns.</summary>
    public TimeSpan TopicLinger { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Minimum time to remember that a topic has ended; at least as long as its events are kept. Default 24 h, as for events: a page that
    /// is opened the next day still learns that its job is done.
    /// </summary>
    public TimeSpan EndedLinger { get; init; } = TimeSpan.FromHours(24);

    /// <summary>The retention of topics in general, and those of the rules.</summary>
    internal IEnumerable<TopicRetention> Retentions => [Retention, .. Rules.Select(rule => rule.Retention)];

    /// <summary>Whether events of some topics are delivered before they are committed.</summary>
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
