namespace SseServer.Auth;

/// <summary>The signatures that are taken (RFC 7518 section 3.1). Each key is good for one of them alone, whatever a token says.</summary>
internal enum SigningAlgorithm
{
    /// <summary>HMAC with SHA-256 and a shared secret.</summary>
    HS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,

    /// <summary>ECDSA with P-256 and SHA-256.</summary>
    ES256,
}
