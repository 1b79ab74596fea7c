namespace SseServer.Protocol.Topics;

/// <summary>
/// The server's own topics: <c>$kind/SUBJECT</c>, whose events are about the subject, a topic. Also patterns over them: the subject of
/// <c>$presence/chat/*</c> is <c>chat/*</c>.
/// </summary>
public static class ServerTopic
{
    /// <summary>
    /// The subject of <paramref name="selector"/>, a valid topic name or pattern; false if it is not one of the server's topics or has no
    /// subject.
    /// </summary>
    public static bool TryGetSubject(ReadOnlySpan<byte> selector, out ReadOnlySpan<byte> subject)
    {
        var kind = selector.IsEmpty || selector[0] != (byte)'$' ? -1 : selector.IndexOf((byte)'/');
        subject = kind < 0 ? default : selector[(kind + 1)..];
        return kind >= 0;
    }
}
