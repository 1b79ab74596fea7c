using SseServer.Protocol.Topics;

namespace SseServer.Auth;

/// <summary>Decides who may read which topics.</summary>
/// <param name="protectedTopics">The topics that need a grant to be read; all others are open to everyone.</param>
internal sealed class AccessPolicy(TopicPatterns protectedTopics)
{
    /// <summary>
    /// Returns whether <paramref name="caller"/> may subscribe to a topic or pattern: a grant covers it completely, or it contains no
    /// protected topic. So no one loses rights by sending a credential, and no one reads a protected topic through a wider pattern. A topic
    /// in which the server reports on another topic needs a grant if that topic does.
    /// </summary>
    public bool MaySubscribe(Identity caller, ReadOnlySpan<byte> selector)
        => caller.Subscribe.Cover(selector)
            || (!protectedTopics.Overlap(selector)
                && (!ServerTopic.TryGetSubject(selector, out var subject) || MaySubscribe(caller, subject)));
}
