namespace SseServer.Hub;

/// <summary>
/// A pattern over topic names: <c>*</c> is one segment, a last <c>**</c> is the rest (one segment or more). A wildcard in the
/// first segment never matches a topic that begins with <c>$</c>: those are the server's and must be named.
/// </summary>
internal sealed class TopicPattern
{
    private readonly byte[] _text;

    private TopicPattern(byte[] text) => _text = text;

    public ReadOnlySpan<byte> Utf8 => _text;

    public static bool IsPattern(ReadOnlySpan<byte> selector) => selector.Contains((byte)'*');

    /// <summary>False with a sentence that says what to mend where <paramref name="utf8"/> is no pattern.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> utf8, out TopicPattern? pattern, out string? problem)
    {
        pattern = null;
        problem = TopicName.Check(utf8, allowWildcards: true);
        if (problem is not null) return false;
        var rest = utf8.IndexOf("**"u8);
        if (rest >= 0 && rest != utf8.Length - 2)
        {
            problem = "A '**' stands only as the last segment of a pattern.";
            return false;
        }

        pattern = new(utf8.ToArray());
        return true;
    }

    public bool Matches(ReadOnlySpan<byte> topic)
    {
        ReadOnlySpan<byte> pattern = _text;
        if (pattern[0] == '*' && topic[0] == '$') return false;
        while (true)
        {
            var wanted = TakeSegment(ref pattern);
            if (wanted.SequenceEqual("**"u8)) return true;
            var segment = TakeSegment(ref topic);
            if (!wanted.SequenceEqual("*"u8) && !wanted.SequenceEqual(segment)) return false;
            if (pattern.IsEmpty || topic.IsEmpty) return pattern.IsEmpty && topic.IsEmpty;
        }
    }

    private static ReadOnlySpan<byte> TakeSegment(ref ReadOnlySpan<byte> path)
    {
        var slash = path.IndexOf((byte)'/');
        var segment = slash < 0 ? path : path[..slash];
        path = slash < 0 ? default : path[(slash + 1)..];
        return segment;
    }
}
