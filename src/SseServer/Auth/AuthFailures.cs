using System.Text.Json;

namespace SseServer.Auth;

/// <summary>What to tell of each failure: one sentence, which repeats nothing of the credential and has no character that a quoted string must escape.</summary>
internal static class AuthFailures
{
    /// <summary>How metrics name it.</summary>
    public static string Label(AuthFailure failure) => JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString());

    public static string Explain(AuthFailure failure) => failure switch
    {
        AuthFailure.Unknown => "The credential is no key of this server, and no signed token that it takes.",
        AuthFailure.TooLarge => "The credential is longer than Auth:MaxTokenBytes allows.",
        AuthFailure.Malformed => "The token is malformed; send a signed JWT: three parts in base64url, each once, with JSON objects that name no member twice.",
        AuthFailure.UnsupportedHeader => "The token has a header parameter (crit, b64, zip, or cty for a token in a token) that this server does not take.",
        AuthFailure.WrongAlgorithm => "The alg of the token is not that of a key of this server; HS256, RS256 and ES256 are taken, each with its own keys.",
        AuthFailure.UnknownSigningKey => "The kid of the token names no signing key that this server knows.",
        AuthFailure.BadSignature => "The signature of the token is wrong.",
        AuthFailure.Expired => "The token has expired; come back with a fresh one.",
        AuthFailure.NotYetValid => "The token is not valid yet; its nbf lies ahead.",
        AuthFailure.WrongIssuer => "The iss of the token is not the issuer that this server trusts.",
        AuthFailure.WrongAudience => "The aud of the token does not name this server.",
        AuthFailure.MissingClaim => "The token lacks a claim; it needs iss, aud, sub (1 to 255 characters) and exp (a number), and nbf is a number where it is there.",
        AuthFailure.BadGrant => "The claim of rights is malformed; it is an object with publish and subscribe (lists of topic patterns) and admin (true or false).",
        AuthFailure.KeysUnavailable => "The keys that tokens are checked with could not be fetched yet; try again soon.",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };
}
