namespace SseServer.Auth;

/// <summary>Which tokens are accepted, and the keys that verify them. Validated by the settings; immutable.</summary>
internal sealed record JwtOptions
{
    /// <summary>The only <c>iss</c> that is trusted.</summary>
    public required string Issuer { get; init; }

    /// <summary>What <c>aud</c> must name. Without it, the issuer's tokens for other services would be accepted here.</summary>
    public required string Audience { get; init; }

    /// <summary>The claim that holds the rights.</summary>
    public string Claim { get; init; } = "sse";

    /// <summary>
    /// How far in the future <c>nbf</c> may be. 30 seconds by default: RFC 7519 section 4.1.5 allows a few minutes, and synchronised clocks
    /// differ by less than a second.
    /// </summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The keys in the settings.</summary>
    public IReadOnlyList<SigningKey> Keys { get; init; } = [];

    /// <summary>The files with one key each.</summary>
    public IReadOnlyList<KeyFile> KeyFiles { get; init; } = [];

    /// <summary>The URL of a JWK set (RFC 7517 section 5), https, or http on loopback; null for none.</summary>
    public Uri? JwksUrl { get; init; }

    /// <summary>
    /// The interval between fetches of the set. 10 minutes by default: issuers publish a key long before they sign with it, and a token
    /// with an unknown kid causes a fetch sooner.
    /// </summary>
    public TimeSpan JwksRefresh { get; init; } = TimeSpan.FromMinutes(10);
}
