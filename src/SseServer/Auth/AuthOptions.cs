namespace SseServer.Auth;

/// <summary>Who is known and what needs a grant. Validated where it is read; immutable.</summary>
internal sealed record AuthOptions
{
    public static readonly AuthOptions Default = new();

    public IReadOnlyList<StaticKey> Keys { get; init; } = [];

    /// <summary>Null where tokens are not taken.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Topics that need a grant to be read.</summary>
    public TopicPatterns ProtectedTopics { get; init; } = TopicPatterns.None;

    // A token with some dozen claims takes 1 to 2 KB; in a request line there is room for 8 KB in all.
    public int MaxTokenBytes { get; init; } = 8 * 1024;

    /// <summary>Whether credentials mean anything here; where they do not, nobody looks at them.</summary>
    public bool IsConfigured => Keys.Count > 0 || Jwt is not null;
}
