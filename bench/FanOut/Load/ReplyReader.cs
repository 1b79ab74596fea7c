using System.Buffers.Text;
using System.Text;

namespace SseServer.Bench.FanOut.Load;

/// <summary>Reads the replies to posts off a keep-alive connection: a status, and a body with a Content-Length or none.</summary>
internal sealed class ReplyReader
{
    private byte[] _kept = new byte[4096];
    private int _length;
    private int _body;
    private int _status;

    /// <summary>Takes the next whole reply; false if <paramref name="input"/> has no more (the rest is kept).</summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out int status)
    {
        status = 0;
        if (_status == 0 && !TryReadHead(ref input)) return false;
        var part = Math.Min(_body, input.Length);
        input = input[part..];
        _body -= part;
        if (_body > 0) return false;
        (status, _status) = (_status, 0);
        return true;
    }

    private bool TryReadHead(ref ReadOnlySpan<byte> input)
    {
        if (_length == 0)
        {
            var whole = input.IndexOf("\r\n\r\n"u8);
            if (whole >= 0)
            {
                ReadHead(input[..(whole + 2)]);
                input = input[(whole + 4)..];
                return true;
            }
        }
        var before = _length;
        if (_kept.Length < _length + input.Length) Array.Resize(ref _kept, (_length + input.Length) * 2);
        input.CopyTo(_kept.AsSpan(_length));
        _length += input.Length;
        var end = _kept.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            input = default;
            return false;
        }
        ReadHead(_kept.AsSpan(0, end + 2));
        input = input[(end + 4 - before)..];
        _length = 0;
        return true;
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        _body = 0;
        if (!Utf8Parser.TryParse(head[Math.Min(9, head.Length)..], out _status, out _))
            throw new InvalidDataException("The reply is not HTTP.");
        while (!head.IsEmpty)
        {
            var end = head.IndexOf("\r\n"u8);
            var line = head[..end];
            head = head[(end + 2)..];
            var name = "content-length:"u8;
            if (line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name)
                && !Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out _body, out _))
                throw new InvalidDataException("A Content-Length that is no number.");
        }
    }
}
