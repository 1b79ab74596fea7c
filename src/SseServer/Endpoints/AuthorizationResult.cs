using SseServer.Auth;

namespace SseServer.Endpoints;

/// <summary>Who sent a request and what the sender may publish to, or why the request is refused.</summary>
/// <param name="Caller">The identity that the request's credential proves; the anonymous one without a credential.</param>
/// <param name="Refusal">The response in place of what was asked for; null if the request is allowed.</param>
internal readonly record struct AuthorizationResult(Identity Caller, Problem? Refusal)
{
    /// <summary>The topics that the request may publish to.</summary>
    public TopicPatterns Topics { get; init; } = TopicPatterns.None;

    public static implicit operator AuthorizationResult(Identity caller) => new(caller, null);

    public static implicit operator AuthorizationResult(Problem refusal) => new(Identity.Anonymous, refusal);
}
