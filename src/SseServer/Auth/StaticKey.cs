namespace SseServer.Auth;

/// <summary>A key that its holder shows as it is. Several, by name, so that one can be added before another is taken away.</summary>
internal sealed record StaticKey
{
    public required string Name { get; init; }

    /// <summary>Never logged, never printed.</summary>
    public required string Secret { get; init; }

    public TopicPatterns Publish { get; init; } = TopicPatterns.None;

    public TopicPatterns Subscribe { get; init; } = TopicPatterns.None;

    public bool IsAdmin { get; init; }

    // A record would print its secret.
    public override string ToString() => $"key {Name}";
}
