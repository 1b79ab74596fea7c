namespace SseServer.Protocol.Topics;

/// <summary>
/// A pattern over topic names: <c>*</c> is one segment, a last <c>**</c> is the rest (one segment or more). A wildcard in the first segment
/// never matches a topic that begins with <c>$</c>: those are the server's and must be named explicitly.
/// </summary>
public sealed class TopicPattern
{
    private readonly byte[] _text;

    private TopicPattern(byte[] text) => _text = text;

    /// <summary>The pattern as written.</summary>
    public ReadOnlySpan<byte> Utf8 => _text;

    /// <summary>Whether a selector has a wildcard, and so must be a pattern to be valid.</summary>
    public static bool IsPattern(ReadOnlySpan<byte> selector) => selector.Contains((byte)'*');

    /// <summary>
    /// Creates a pattern from <paramref name="utf8"/>. False, with a sentence that says what to correct, if it is not a pattern.
    /// </summary>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out TopicPattern? pattern, out string? problem)
    {
        pattern = null;
        problem = TopicName.Check(utf8, allowWildcards: true);
        if (problem is not null) return false;
        var rest = utf8.IndexOf("**"u8);
        if (rest >= 0 && rest != utf8.Length - 2)
        {
            problem = "A '**' is allowed only as the last segment of a pattern.";
            return false;
        }

        pattern = new(utf8.ToArray());
        return true;
    }

    /// <summary>Whether the pattern matches a valid topic name.</summary>
    public bool Matches(ReadOnlySpan<byte> topic) => Covers(topic);

    /// <summary>
    /// Whether the pattern matches every topic that <paramref name="selector"/>, a valid topic name or pattern, selects, so that a grant of
    /// this pattern allows that selector.
    /// </summary>
    public bool Covers(ReadOnlySpan<byte> selector)
    {
        ReadOnlySpan<byte> pattern = _text;
        if (IsServerOwned(pattern[0], selector[0])) return false;
        while (true)
        {
            var wanted = TakeSegment(ref pattern);
            if (wanted.SequenceEqual("**"u8)) return true;
            var segment = TakeSegment(ref selector);
            if (segment.SequenceEqual("**"u8)) return false; // Longer topics than this pattern has segments.
            if (!wanted.SequenceEqual("*"u8) && !wanted.SequenceEqual(segment)) return false;
            if (pattern.IsEmpty || selector.IsEmpty) return pattern.IsEmpty && selector.IsEmpty;
        }
    }

    /// <summary>
    /// Whether some topic is matched by the pattern and selected by <paramref name="selector"/>, a valid topic name or pattern. Ignores the
    /// bound on a name's length, so it may be true although every such name would be too long.
    /// </summary>
    public bool Overlaps(ReadOnlySpan<byte> selector)
    {
        ReadOnlySpan<byte> pattern = _text;
        if (IsServerOwned(pattern[0], selector[0]) || IsServerOwned(selector[0], pattern[0])) return false;
        while (true)
        {
            // Both have a segment left here, so that a rest of one segment or more matches the other's.
            var left = TakeSegment(ref pattern);
            var right = TakeSegment(ref selector);
            if (left.SequenceEqual("**"u8) || right.SequenceEqual("**"u8)) return true;
            if (!left.SequenceEqual("*"u8) && !right.SequenceEqual("*"u8) && !left.SequenceEqual(right)) return false;
            if (pattern.IsEmpty || selector.IsEmpty) return pattern.IsEmpty && selector.IsEmpty;
        }
    }

    private static bool IsServerOwned(byte wildcard, byte name) => wildcard == '*' && name == '$';

    private static ReadOnlySpan<byte> TakeSegment(ref ReadOnlySpan<byte> path)
    {
        var slash = path.IndexOf((byte)'/');
        var segment = slash < 0 ? path : path[..slash];
        path = slash < 0 ? default : path[(slash + 1)..];
        return segment;
    }
}
