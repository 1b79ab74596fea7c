using System.Text;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// Takes a stream's response apart: its head, then the body's bytes, chunked (RFC 9112 section 7.1) or until the connection ends.
/// It is written apart from the server's own parsers, so that one mistake cannot hide another.
/// </summary>
internal struct ResponseReader
{
    private Part _part;
    private long _chunk;
    private string? _head;

    private enum Part { Head, ChunkSize, ChunkExtension, ChunkData, ChunkEnd, UntilClose, Ended, Broken }

    /// <summary>The status code, or 0 while the head has not come.</summary>
    public int Status { get; private set; }

    /// <summary>Whether the body came to its end.</summary>
    public readonly bool HasEnded => _part == Part.Ended;

    /// <summary>Whether the response was not HTTP.</summary>
    public readonly bool IsBroken => _part == Part.Broken;

    /// <summary>Takes the next contiguous piece of the body from <paramref name="input"/>; false if there is no more.</summary>
    public bool TryRead(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> body)
    {
        body = default;
        while (!input.IsEmpty)
        {
            switch (_part)
            {
                case Part.Head:
                    ReadHead(ref input);
                    break;
                case Part.ChunkSize or Part.ChunkExtension:
                    ReadChunkSize(ref input);
                    break;
                case Part.ChunkData:
                    body = input[..(int)Math.Min(_chunk, input.Length)];
                    input = input[body.Length..];
                    _chunk -= body.Length;
                    if (_chunk == 0) _part = Part.ChunkEnd;
                    return true;
                case Part.ChunkEnd:
                    if (input[0] == '\n') _part = Part.ChunkSize;
                    input = input[1..];
                    break;
                case Part.UntilClose:
                    body = input;
                    input = default;
                    return true;
                default:
                    return false;
            }
        }
        return false;
    }

    private void ReadHead(ref ReadOnlySpan<byte> input)
    {
        var before = _head?.Length ?? 0;
        _head += Encoding.Latin1.GetString(input);
        var end = _head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            input = default;
            if (_head.Length > 16 * 1024) _part = Part.Broken;
            return;
        }
        input = input[(end + 4 - before)..];
        var isHttp = _head.StartsWith("HTTP/1.", StringComparison.Ordinal) && int.TryParse(_head.AsSpan(9, 3), out var status)
            && (Status = status) > 0;
        var isChunked = _head.AsSpan(0, end).Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
        _part = !isHttp ? Part.Broken : isChunked ? Part.ChunkSize : Part.UntilClose;
        _head = null;
    }

    private void ReadChunkSize(ref ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < input.Length; i++)
        {
            var c = input[i];
            if (c == '\n')
            {
                input = input[(i + 1)..];
                // The last chunk's trailer section is not read: a stream ends with it.
                _part = _chunk > 0 ? Part.ChunkData : Part.Ended;
                return;
            }
            if (c == ';') _part = Part.ChunkExtension;
            else if (c != '\r' && _part == Part.ChunkSize) _chunk = (_chunk << 4) | (uint)HexDigit(c);
        }
        input = default;
    }

    private static int HexDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => 0,
    };
}
