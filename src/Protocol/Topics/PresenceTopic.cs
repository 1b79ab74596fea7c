namespace SseServer.Protocol.Topics;

/// <summary>
/// The server's topics that tell of other topics' readers: <c>$presence/</c> and the topic's name, which is called the subject here. Also patterns over
/// them: <c>$presence/chat/*</c> tells of what <c>chat/*</c> stands for.
/// </summary>
public static class PresenceTopic
{
    /// <summary>The most bytes of UTF-8 that a subject has, so that its presence topic's name is not longer than <see cref="TopicName.MaxBytes"/>.</summary>
    public static int MaxSubjectBytes => TopicName.MaxBytes - Prefix.Length;

    /// <summary>What such topics begin with.</summary>
    public static ReadOnlySpan<byte> Prefix => "$presence/"u8;

    /// <summary>What <paramref name="selector"/>, a valid topic name or pattern, tells of; false where it is of no presence topics.</summary>
    public static bool TryGetSubject(ReadOnlySpan<byte> selector, out ReadOnlySpan<byte> subject)
    {
        var isPresence = selector.StartsWith(Prefix);
        subject = isPresence ? selector[Prefix.Length..] : default;
        return isPresence;
    }

    /// <summary>The name of the topic that tells of <paramref name="subject"/>, a valid topic's name, written to <paramref name="buffer"/>; false where it would be too long.</summary>
    /// <param name="subject">The topic told of.</param>
    /// <param name="buffer">Takes the name; <see cref="TopicName.MaxBytes"/> bytes.</param>
    /// <param name="name">The name.</param>
    public static bool TryGetName(ReadOnlySpan<byte> subject, Span<byte> buffer, out TopicName name)
    {
        name = default;
        if (subject.Length > MaxSubjectBytes) return false;
        Prefix.CopyTo(buffer);
        subject.CopyTo(buffer[Prefix.Length..]);
        return TopicName.TryCreate(buffer[..(Prefix.Length + subject.Length)], out name, out _);
    }
}
