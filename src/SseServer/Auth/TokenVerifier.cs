using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SseServer.Auth;

/// <summary>Checks the times, signature, issuer and audience of a token.</summary>
internal sealed class TokenVerifier(JwtOptions options, int maxTokenBytes)
{
    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = maxTokenBytes, MapInboundClaims = false };

    /// <summary>
    /// Checks that the token has begun and has not expired. The skew applies only to the beginning: without it, a fresh token of an issuer
    /// whose clock is ahead would be refused, whereas an early end only means an earlier renewal. RFC 7519 section 4.1.4: not accepted on
    /// or after exp.
    /// </summary>
    public AuthFailure CheckTimes(UnverifiedToken token, DateTimeOffset now)
    {
        if (token.Expires <= now) return AuthFailure.Expired;
        return token.NotBefore - options.ClockSkew > now ? AuthFailure.NotYetValid : AuthFailure.None;
    }

    /// <summary>Checks the rest with one of <paramref name="keys"/>, all of which have the token's algorithm.</summary>
    public async ValueTask<AuthFailure> VerifyAsync(UnverifiedToken token, SigningKey[] keys)
    {
        var result = await _handler.ValidateTokenAsync(token.Text, new TokenValidationParameters
        {
            ValidAlgorithms = [SigningAlgorithms.NameOf(token.Algorithm)],
            IssuerSigningKeys = keys.Select(key => key.Key),
            // The keys were already chosen by kid and algorithm.
            TryAllIssuerSigningKeys = true,
            RequireSignedTokens = true,
            ValidIssuers = options.Issuers,
            ValidAudiences = options.Audiences,
            IgnoreTrailingSlashWhenValidatingAudience = false,
            // Done by CheckTimes, because the library always uses the system clock.
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
