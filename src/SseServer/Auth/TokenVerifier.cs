using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SseServer.Auth;

/// <summary>Whether a token's times, signature, issuer and audience are what they must be.</summary>
internal sealed class TokenVerifier(JwtOptions options, int maxTokenBytes)
{
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = maxTokenBytes, MapInboundClaims = false };

    /// <summary>
    /// Whether the token is good for nothing yet or any more. The skew is for its beginning alone: a fresh token of an issuer whose clock is ahead would
    /// otherwise be refused, while an early end only has it renewed a little sooner. RFC 7519 section 4.1.4: not accepted on or after exp.
    /// </summary>
    public AuthFailure CheckTimes(UnverifiedToken token, DateTimeOffset now)
    {
        if (token.Expires <= now) return AuthFailure.Expired;
        return token.NotBefore - options.ClockSkew > now ? AuthFailure.NotYetValid : AuthFailure.None;
    }

    /// <summary>Checks the rest with one of <paramref name="keys"/>, all of which are of the token's algorithm.</summary>
    public async ValueTask<AuthFailure> VerifyAsync(UnverifiedToken token, SigningKey[] keys)
    {
        var result = await _handler.ValidateTokenAsync(token.Text, new TokenValidationParameters
        {
            ValidAlgorithms = [SigningAlgorithms.NameOf(token.Algorithm)],
            IssuerSigningKeys = keys.Select(key => key.Key),
            // They were chosen by kid and algorithm already.
            TryAllIssuerSigningKeys = true,
            RequireSignedTokens = true,
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            // By CheckTimes: the library has no other clock than the system's.
            ValidateLifetime = false,
            LogValidationExceptions = false,
        });
        return result.IsValid ? AuthFailure.None : result.Exception switch
        {
            SecurityTokenInvalidAlgorithmException => AuthFailure.WrongAlgorithm,
            SecurityTokenInvalidIssuerException => AuthFailure.WrongIssuer,
            SecurityTokenInvalidAudienceException => AuthFailure.WrongAudience,
            SecurityTokenInvalidSignatureException => AuthFailure.BadSignature,
            _ => AuthFailure.Malformed,
        };
    }
}
