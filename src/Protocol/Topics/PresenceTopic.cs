namespace SseServer.Protocol.Topics;

/// <summary>
/// The server's topics that report other topics' subscribers: <c>$presence/</c> and the name of the topic, which is called the subject
/// here. Also patterns over them: the subject of <c>$presence/chat/*</c> is <c>chat/*</c>.
/// </summary>
public static class PresenceTopic
{
    /// <summary>
    /// The longest subject in bytes of UTF-8: its presence topic's name must not be longer than <see cref="TopicName.MaxBytes"/>.
    /// </summary>
    public static int MaxSubjectBytes => TopicName.MaxBytes - Prefix.Length;

    /// <summary>The prefix of such topics.</summary>
    public static ReadOnlySpan<byte> Prefix => "$presence/"u8;

    /// <summary>
    /// The subject of <paramref name="selector"/>, a valid topic name or pattern; false if it does not select presence topics.
    /// </summary>
    public static bool TryGetSubject(ReadOnlySpan<byte> selector, out ReadOnlySpan<byte> subject)
    {
        var isPresence = selector.StartsWith(Prefix);
        subject = isPresence ? selector[Prefix.Length..] : default;
        return isPresence;
    }

    /// <summary>
    /// Writes the name of the presence topic of <paramref name="subject"/> to <paramref name="buffer"/>; false if it would be too long.
    /// </summary>
    /// <param name="subject">A valid topic name.</param>
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
