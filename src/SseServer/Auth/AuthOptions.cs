namespace SseServer.Auth;

/// <summary>Keys, tokens and protected topics. Validated when it is read; immutable.</summary>
internal sealed record AuthOptions
{
    public static readonly AuthOptions Default = new();

    /// <summary>The keys that are accepted. None by default.</summary>
    public IReadOnlyList<StaticKey> Keys { get; init; } = [];

    /// <summary>How tokens are verified; null, the default, if they are not accepted.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Topics that only a key or token with the right may read. None by default.</summary>
    public TopicPatterns ProtectedTopics { get; init; } = TopicPatterns.None;

    /// <summary>
    /// Longest key or token in bytes. Default 8 KB, as much as fits in a request line; a token with a dozen claims takes 1 to 2 KB.
    /// </summary>
    public int MaxTokenBytes { get; init; } = 8 * 1024;

    /// <summary>Whether any key or token is set; if not, credentials are ignored.</summary>
    public bool IsConfigured => Keys.Count > 0 || Jwt is not null;
}
