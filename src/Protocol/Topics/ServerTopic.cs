namespace SseServer.Protocol.Topics;

/// <summary>
/// The server's own topics: <c>$kind/SUBJECT</c>, where the subject is the topic that they tell of. Also patterns over them: <c>$presence/chat/*</c> tells of what
/// <c>chat/*</c> stands for.
/// </summary>
public static class ServerTopic
{
    /// <summary>What <paramref name="selector"/>, a valid topic name or pattern, tells of; false where it is no topic of the server's that tells of another.</summary>
    public static bool TryGetSubject(ReadOnlySpan<byte> selector, out ReadOnlySpan<byte> subject)
    {
        var kind = selector.IsEmpty || selector[0] != (byte)'$' ? -1 : selector.IndexOf((byte)'/');
        subject = kind < 0 ? default : selector[(kind + 1)..];
        return kind >= 0;
    }
}
