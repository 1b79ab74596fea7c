using SseServer.Auth;

namespace SseServer.Endpoints;

/// <summary>Who sent a request, and what that one may publish to; or why the request is refused.</summary>
/// <param name="Caller">Whose credential the request carries; the anonymous one for none.</param>
/// <param name="Refusal">What to reply instead of doing what is asked; null for nothing.</param>
internal readonly record struct AuthorizationResult(Identity Caller, Problem? Refusal)
{
    /// <summary>The topics that the request may publish to.</summary>
    public TopicPatterns Topics { get; init; } = TopicPatterns.None;

    public static implicit operator AuthorizationResult(Identity caller) => new(caller, null);

    public static implicit operator AuthorizationResult(Problem refusal) => new(Identity.Anonymous, refusal);
}
