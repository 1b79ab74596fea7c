namespace SseServer.Auth;

/// <summary>Why a credential is not accepted. What to say of each stands in <see cref="AuthFailures"/>.</summary>
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
