using Microsoft.IdentityModel.Tokens;

namespace SseServer.Auth;

/// <summary>The supported signatures (RFC 7518 section 3.1). Each key is for one of them only, whatever a token says.</summary>
internal enum SigningAlgorithm
{
    /// <summary>HMAC with SHA-256 and a shared secret.</summary>
    HS256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256.</summary>
    RS256,

    /// <summary>RSASSA-PSS with SHA-256.</summary>
    PS256,

    /// <summary>ECDSA with P-256 and SHA-256.</summary>
    ES256,
}

/// <summary>The names of the algorithms in a token's <c>alg</c>, which is case-sensitive (RFC 7515 section 4.1.1).</summary>
internal static class SigningAlgorithms
{
    /// <summary>All names, as a sentence lists them.</summary>
    public const string Names = "HS256, RS256, PS256 or ES256";

    /// <summary>Returns whether the algorithm takes an RSA key.</summary>
    public static bool IsRsa(SigningAlgorithm algorithm) => algorithm is SigningAlgorithm.RS256 or SigningAlgorithm.PS256;

    public static string NameOf(SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.HS256 => SecurityAlgorithms.HmacSha256,
        SigningAlgorithm.RS256 => SecurityAlgorithms.RsaSha256,
        SigningAlgorithm.PS256 => SecurityAlgorithms.RsaSsaPssSha256,
        _ => SecurityAlgorithms.EcdsaSha256,
    };

    public static SigningAlgorithm? Parse(string? name) => name switch
    {
        SecurityAlgorithms.HmacSha256 => SigningAlgorithm.HS256,
        SecurityAlgorithms.RsaSha256 => SigningAlgorithm.RS256,
        SecurityAlgorithms.RsaSsaPssSha256 => SigningAlgorithm.PS256,
        SecurityAlgorithms.EcdsaSha256 => SigningAlgorithm.ES256,
        _ => null,
    };
}
