namespace SseServer.Protocol.Http;

/// <summary>
/// Enumerates the elements of a comma-separated field value (RFC 9110 section 5.6.1). Elements are trimmed and empty ones skipped; a comma
/// within a quoted string does not separate.
/// <code>
/// #element = [ element ] *( OWS "," OWS [ element ] )
/// </code>
/// </summary>
public ref struct ListValues
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>The elements of <paramref name="value"/>, as views of its bytes.</summary>
    public ListValues(ReadOnlySpan<byte> value) => _rest = value;

    /// <summary>The element, without the white space around it.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>This enumerator, for <c>foreach</c>.</summary>
    public readonly ListValues GetEnumerator() => this;

    /// <summary>Moves to the next element; false after the last.</summary>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int end = FindEnd(_rest);
            Current = HttpTokens.TrimWhitespace(_rest[..end]);
            _rest = end < _rest.Length ? _rest[(end + 1)..] : default;
            if (!Current.IsEmpty)
                return true;
        }

        Current = default;
        return false;
    }

    /// <summary>The end of the element: a comma outside quotes, or the end of the value.</summary>
    private static int FindEnd(ReadOnlySpan<byte> value)
    {
        int at = 0;
        bool isQuoted = false;
        while (true)
        {
            int step = isQuoted ? value[at..].IndexOfAny((byte)'"', (byte)'\\') : value[at..].IndexOfAny((byte)',', (byte)'"');
            if (step < 0)
                return value.Length;

            at += step;
            if (value[at] == ',')
                return at;
            if (value[at] == '"')
                isQuoted = !isQuoted;
            else
                at++;
            if (++at >= value.Length)
                return value.Length;
        }
    }
}
