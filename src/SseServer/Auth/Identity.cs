namespace SseServer.Auth;

/// <summary>Who asks, as far as a credential proved it, and what that one may do. Immutable; one object serves every request with the same credential.</summary>
internal sealed class Identity
{
    /// <summary>Nobody in particular: no credential was shown.</summary>
    public static readonly Identity Anonymous = new("anonymous");

    private Identity(string name) => Name = name;

    /// <summary>
    /// Unique over all kinds of credentials, and the same for every token of one holder: <c>key:NAME</c> or <c>sub:SUBJECT</c>. Tokens have one issuer, so
    /// the subject says it all (RFC 7519 section 4.1.2).
    /// </summary>
    public string Name { get; }

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    /// <summary>What it may publish to.</summary>
    public TopicPatterns Publish { get; private init; } = TopicPatterns.None;

    /// <summary>What it may read of the topics that are protected; the others are open to everyone.</summary>
    public TopicPatterns Subscribe { get; private init; } = TopicPatterns.None;

    public bool IsAdmin { get; private init; }

    /// <summary>From when on the credential is good for nothing; null where it does not expire.</summary>
    public DateTimeOffset? Expires { get; private init; }

    public static Identity OfKey(StaticKey key)
        => new("key:" + key.Name) { Publish = key.Publish, Subscribe = key.Subscribe, IsAdmin = key.IsAdmin };

    public static Identity OfToken(string subject, DateTimeOffset expires, TokenGrant grant)
        => new("sub:" + subject) { Publish = grant.Publish, Subscribe = grant.Subscribe, IsAdmin = grant.IsAdmin, Expires = expires };
}
