using System.Text.Json;

namespace SseServer.Auth;

/// <summary>Why a credential is not accepted. <see cref="AuthFailures"/> describes each reason.</summary>
internal enum AuthFailure
{
    None,
    Unknown,
    TooLarge,
    Malformed,
    UnsupportedHeader,
    WrongAlgorithm,
    UnknownSigningKey,
    BadSignature,
    Expired,
    NotYetValid,
    WrongIssuer,
    WrongAudience,
    MissingClaim,
    BadGrant,
    KeysUnavailable,
}

/// <summary>
/// What clients are told about each failure: one sentence, which repeats nothing of the credential and is ASCII without characters that a
/// quoted string must escape.
/// </summary>
internal static class AuthFailures
{
    /// <summary>Returns the value of the metrics' label <c>reason</c>.</summary>
    public static string Label(AuthFailure failure) => JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString());

    public static string Explain(AuthFailure failure) => failure switch
    {
        AuthFailure.Unknown => "The credential is unknown; send a key of this server, or a signed token that it accepts.",
        AuthFailure.TooLarge => "The credential is longer than Auth:MaxTokenBytes; send a shorter one, or raise that setting.",
        AuthFailure.Malformed => "The token is malformed; "
            + "send a signed JWT: three parts in base64url, with JSON objects that have no member twice.",
        AuthFailure.UnsupportedHeader => "The token has a header parameter that this server does not accept; "
            + "leave out crit, b64, zip, and cty of a nested token.",
        AuthFailure.WrongAlgorithm => "The alg of the token does not match its key on this server; "
            + $"sign with {SigningAlgorithms.Names}, as that key requires.",
        AuthFailure.UnknownSigningKey => "The kid of the token names no signing key of this server; sign with a key that it has.",
        AuthFailure.BadSignature => "The signature of the token is wrong; sign it with a key of this server.",
        AuthFailure.Expired => "The token has expired; send a fresh one.",
        AuthFailure.NotYetValid => "The token is not valid yet, because its nbf is in the future; retry later, or set the clocks.",
        AuthFailure.WrongIssuer => "The iss of the token is not an issuer that this server trusts; get a token from one that it trusts.",
        AuthFailure.WrongAudience => "The aud of the token does not name this server; get a token for this server.",
        AuthFailure.MissingClaim => "The token lacks a claim or has an invalid one; "
            + "it needs iss, aud, sub (1 to 255 characters) and exp (a number), and if it has nbf, a number.",
        AuthFailure.BadGrant => "The claim with the rights is malformed; "
            + "send an object with publish and subscribe (lists of topic patterns) and admin (true or false), "
            + "or words such as sse:publish:orders/* and sse:admin, in a list or separated by spaces.",
        AuthFailure.KeysUnavailable => "The keys that verify tokens could not be fetched yet; retry after Retry-After seconds.",
        _ => throw new ArgumentOutOfRangeException(nameof(failure)),
    };
}
