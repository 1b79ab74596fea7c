namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// Cuts a body that comes in pieces into lines that end with LF or CRLF. A line that spans two pieces is assembled in a buffer.
/// </summary>
internal struct LineReader
{
    private byte[]? _kept;
    private int _length;

    /// <summary>
    /// Takes the next whole line, without its end; false if <paramref name="input"/> has no more (the rest is kept).
    /// </summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> line)
    {
        var end = input.IndexOf((byte)'\n');
        if (end < 0)
        {
            Keep(input);
            input = line = default;
            return false;
        }
        line = input[..end];
        input = input[(end + 1)..];
        if (_length > 0)
        {
            Keep(line);
            line = _kept.AsSpan(0, _length);
            _length = 0;
        }
        if (line is [.., (byte)'\r']) line = line[..^1];
        return true;
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty) return;
        if (_kept is null || _kept.Length < _length + part.Length) Array.Resize(ref _kept, Math.Max(256, (_length + part.Length) * 2));
        part.CopyTo(_kept.AsSpan(_length));
        _length += part.Length;
    }
}
