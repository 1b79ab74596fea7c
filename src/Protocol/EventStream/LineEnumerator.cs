namespace SseServer.Protocol.EventStream;

/// <summary>Enumerates the lines of a text; see <see cref="LineBreaks.EnumerateLines"/>. The lines refer to the text's bytes.</summary>
public ref struct LineEnumerator
{
    private ReadOnlySpan<byte> _rest;
    private bool _isFinished;

    internal LineEnumerator(ReadOnlySpan<byte> text) => _rest = text;

    /// <summary>The line, without its break.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>This enumerator, for <c>foreach</c>.</summary>
    public readonly LineEnumerator GetEnumerator() => this;

    /// <summary>Advances to the next line; false after the last.</summary>
    public bool MoveNext()
    {
        if (_isFinished) return false;

        var end = _rest.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            Current = _rest;
            _isFinished = true;
            return true;
        }

        Current = _rest[..end];
        var isPair = _rest[end] == '\r' && end + 1 < _rest.Length && _rest[end + 1] == '\n';
        _rest = _rest[(isPair ? end + 2 : end + 1)..];
        return true;
    }
}
