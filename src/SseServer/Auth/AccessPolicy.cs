using SseServer.Protocol.Topics;

namespace SseServer.Auth;

/// <summary>What may be read by whom.</summary>
/// <param name="protectedTopics">What needs a grant; everything else is open to everyone.</param>
internal sealed class AccessPolicy(TopicPatterns protectedTopics)
{
    /// <summary>
    /// Whether <paramref name="caller"/> may subscribe to a topic or pattern: a grant covers it whole, or it has no protected topic in it. So a credential
    /// never makes its holder poorer than anyone is without one, and nobody reads a protected topic through a wider pattern. What the server tells of a topic
    /// in one of its own needs a grant where that topic does.
    /// </summary>
    public bool MaySubscribe(Identity caller, ReadOnlySpan<byte> selector)
        => caller.Subscribe.Cover(selector)
            || (!protectedTopics.Overlap(selector) && (!ServerTopic.TryGetSubject(selector, out var subject) || MaySubscribe(caller, subject)));
}
