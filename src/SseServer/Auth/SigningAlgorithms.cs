using Microsoft.IdentityModel.Tokens;

namespace SseServer.Auth;

/// <summary>The names of the algorithms, as a token's <c>alg</c> writes them: case matters (RFC 7515 section 4.1.1).</summary>
internal static class SigningAlgorithms
{
    public static string NameOf(SigningAlgorithm algorithm) => algorithm switch
    {
        SigningAlgorithm.HS256 => SecurityAlgorithms.HmacSha256,
        SigningAlgorithm.RS256 => SecurityAlgorithms.RsaSha256,
        _ => SecurityAlgorithms.EcdsaSha256,
    };

    public static SigningAlgorithm? Parse(string? name) => name switch
    {
        SecurityAlgorithms.HmacSha256 => SigningAlgorithm.HS256,
        SecurityAlgorithms.RsaSha256 => SigningAlgorithm.RS256,
        SecurityAlgorithms.EcdsaSha256 => SigningAlgorithm.ES256,
        _ => null,
    };
}
