namespace SseServer.Auth;

/// <summary>The accepted credentials, and what needs one. Validated by the settings; immutable.</summary>
internal sealed record AuthOptions
{
    public static readonly AuthOptions Default = new();

    public IReadOnlyList<StaticKey> Keys { get; init; } = [];

    /// <summary>How tokens are verified; null if tokens are not accepted.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Topics that need a grant to be read.</summary>
    public TopicPatterns ProtectedTopics { get; init; } = TopicPatterns.None;

    /// <summary>
    /// The longest credential. 8 KB by default, as a request line: a token with a dozen claims takes 1 to 2 KB.
    /// </summary>
    public int MaxTokenBytes { get; init; } = 8 * 1024;

    /// <summary>Whether any credential is accepted; if not, credentials are ignored.</summary>
    public bool IsConfigured => Keys.Count > 0 || Jwt is not null;
}
