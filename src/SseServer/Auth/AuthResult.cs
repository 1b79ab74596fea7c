using System.Diagnostics.CodeAnalysis;

namespace SseServer.Auth;

/// <summary>The result of checking a credential: the identity that it proves, or why it is not accepted.</summary>
internal readonly struct AuthResult
{
    private AuthResult(Identity? identity, AuthFailure failure) => (Identity, Failure) = (identity, failure);

    public Identity? Identity { get; }

    public AuthFailure Failure { get; }

    [MemberNotNullWhen(true, nameof(Identity))]
    public bool IsAccepted => Identity is not null;

    public static implicit operator AuthResult(Identity identity) => new(identity, AuthFailure.None);

    public static implicit operator AuthResult(AuthFailure failure) => new(null, failure);
}
