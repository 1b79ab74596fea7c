namespace SseServer.Auth;

/// <summary>Which tokens are accepted, and the keys that verify them. Validated when it is read; immutable.</summary>
internal sealed record JwtOptions
{
    /// <summary>The only values of <c>iss</c> that are trusted; at least one, without spaces. All are trusted with every key.</summary>
    public required IReadOnlyList<string> Issuers { get; init; }

    /// <summary>
    /// The audiences of which <c>aud</c> must name one; without it, tokens for other services of the issuer would be accepted.
    /// </summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>
    /// The claim that holds the rights: the name of a claim, or if there is no claim of that name, names separated by <c>/</c> that lead
    /// through objects to it. Default <c>sse</c>.
    /// </summary>
    public string Claim { get; init; } = "sse";

    /// <summary>
    /// How far in the future <c>nbf</c> may be. Default 30 s: RFC 7519 section 4.1.5 allows a few minutes, and synchronized clocks differ
    /// by less than a second.
    /// </summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Keys in the settings.</summary>
    public IReadOnlyList<SigningKey> Keys { get; init; } = [];

    /// <summary>Files with a key each, read again when they change.</summary>
    public IReadOnlyList<KeyFile> KeyFiles { get; init; } = [];

    /// <summary>URL of a JWK set (RFC 7517 section 5): https, or http on loopback. Null, the default, if there is none.</summary>
    public Uri? JwksUrl { get; init; }

    /// <summary>
    /// How often the JWK set is fetched. Default 10 min: issuers publish a key long before they use it, and a token with an unknown
    /// <c>kid</c> triggers an earlier fetch.
    /// </summary>
    public TimeSpan JwksRefresh { get; init; } = TimeSpan.FromMinutes(10);
}
