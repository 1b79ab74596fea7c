namespace SseServer.Auth;

/// <summary>Which tokens are taken, and the keys they are checked with. Validated where it is read; immutable.</summary>
internal sealed record JwtOptions
{
    /// <summary>The one <c>iss</c> that is trusted.</summary>
    public required string Issuer { get; init; }

    /// <summary>What <c>aud</c> must name: without it, any token of the issuer's for another service would be good here.</summary>
    public required string Audience { get; init; }

    /// <summary>The claim that holds the rights.</summary>
    public string Claim { get; init; } = "sse";

    // RFC 7519 section 4.1.5 allows some leeway, usually no more than a few minutes; servers that keep their time are within a second.
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    public IReadOnlyList<SigningKey> Keys { get; init; } = [];

    public IReadOnlyList<KeyFile> KeyFiles { get; init; } = [];

    /// <summary>Where a JWK set is fetched (RFC 7517 section 5); null for nowhere. https, or http on loopback.</summary>
    public Uri? JwksUrl { get; init; }

    // Issuers announce a key long before they sign with it; a token with an unknown kid has the set fetched sooner.
    public TimeSpan JwksRefresh { get; init; } = TimeSpan.FromMinutes(10);
}
