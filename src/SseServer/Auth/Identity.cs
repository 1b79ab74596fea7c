namespace SseServer.Auth;

/// <summary>
/// A client as proved by its credential, with its rights. Immutable; one object serves every request with the same credential.
/// </summary>
internal sealed class Identity
{
    /// <summary>The client that sent no credential.</summary>
    public static readonly Identity Anonymous = new("anonymous");

    private Identity(string name) => Name = name;

    /// <summary>
    /// Unique among all kinds of credentials, and the same for all tokens of one subject: <c>key:NAME</c> or <c>sub:SUBJECT</c>. A subject
    /// is unique at its issuer only (RFC 7519 section 4.1.2), so with several issuers it is <c>sub:ISSUER SUBJECT</c>.
    /// </summary>
    public string Name { get; }

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    /// <summary>The topics that it may publish to.</summary>
    public TopicPatterns Publish { get; private init; } = TopicPatterns.None;

    /// <summary>The protected topics that it may read; the others are open to everyone.</summary>
    public TopicPatterns Subscribe { get; private init; } = TopicPatterns.None;

    public bool IsAdmin { get; private init; }

    /// <summary>When the credential expires; null if it does not.</summary>
    public DateTimeOffset? Expires { get; private init; }

    public static Identity OfKey(StaticKey key)
        => new("key:" + key.Name) { Publish = key.Publish, Subscribe = key.Subscribe, IsAdmin = key.IsAdmin };

    /// <param name="subject">The subject.</param>
    /// <param name="expires">When the token expires.</param>
    /// <param name="grant">The rights.</param>
    /// <param name="issuer">The issuer, which contains no space; null if only one is trusted.</param>
    public static Identity OfToken(string subject, DateTimeOffset expires, TokenGrant grant, string? issuer = null)
        => new(issuer is null ? "sub:" + subject : $"sub:{issuer} {subject}")
        {
            Publish = grant.Publish,
            Subscribe = grant.Subscribe,
            IsAdmin = grant.IsAdmin,
            Expires = expires,
        };
}
