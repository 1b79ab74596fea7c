using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>What a subscriber asks for: a topic or a pattern. Built from checked text only.</summary>
internal readonly struct Selector
{
    private Selector(byte[] text, TopicPattern? pattern) => (Text, Pattern) = (text, pattern);

    public byte[] Text { get; }

    public TopicPattern? Pattern { get; }

    /// <summary>Whether the selector names a topic, or its pattern matches it.</summary>
    public bool Matches(ReadOnlySpan<byte> topic) => Pattern?.Matches(topic) ?? topic.SequenceEqual(Text);

    /// <summary>
    /// Creates a selector. False, with a sentence that says what to correct, if <paramref name="utf8"/> is neither a topic's name nor a
    /// pattern.
    /// </summary>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out Selector selector, out string? problem)
    {
        selector = default;
        TopicPattern? pattern = null;
        var valid = TopicPattern.IsPattern(utf8)
            ? TopicPattern.TryCreate(utf8, out pattern, out problem)
            : TopicName.TryCreate(utf8, out _, out problem);
        if (valid) selector = new(utf8.ToArray(), pattern);
        return valid;
    }
}
