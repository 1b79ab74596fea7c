namespace SseServer.Tests.Endpoints;

/// <summary>Decodes the framing of a response body, byte by byte and strictly: anything unexpected is an error.</summary>
internal sealed class BodyDecoder
{
    private State _state = State.Done;
    private long _left;

    private enum State
    {
        UntilClose,
        Counted,
        ChunkSize,
        ChunkSizeEnd,
        ChunkData,
        ChunkDataCr,
        ChunkDataLf,
        LastCr,
        LastLf,
        Done,
    }

    /// <summary>Whether the body is complete.</summary>
    public bool IsDone => _state == State.Done;

    public void Begin(WireReply head, bool isHead)
    {
        _left = head["Content-Length"] is { } length ? long.Parse(length) : 0;
        if (isHead || head.Status is 204 or 304 or < 200) _state = State.Done;
        else if (head["Transfer-Encoding"] == "chunked") _state = State.ChunkSize;
        else if (head["Content-Length"] is null) _state = State.UntilClose;
        else _state = _left == 0 ? State.Done : State.Counted;
    }

    /// <summary>Records the end of the connection; false if the body is not complete.</summary>
    public bool TryEnd()
    {
        if (_state == State.UntilClose) _state = State.Done;
        return IsDone;
    }

    /// <summary>Decodes a byte; true if it belongs to the body.</summary>
    public bool Take(byte value)
    {
        switch (_state)
        {
            case State.UntilClose:
                return true;
            case State.Counted:
                if (--_left == 0) _state = State.Done;
                return true;
            case State.ChunkSize when value == '\r':
                _state = State.ChunkSizeEnd;
                return false;
            case State.ChunkSize:
                _left = _left * 16 + Convert.ToInt32(((char)value).ToString(), 16);
                return false;
            case State.ChunkSizeEnd:
                return Expect(value, '\n', _left == 0 ? State.LastCr : State.ChunkData);
            case State.ChunkData:
                if (--_left == 0) _state = State.ChunkDataCr;
                return true;
            case State.ChunkDataCr:
                return Expect(value, '\r', State.ChunkDataLf);
            case State.ChunkDataLf:
                return Expect(value, '\n', State.ChunkSize);
            case State.LastCr:
                return Expect(value, '\r', State.LastLf);
            case State.LastLf:
                return Expect(value, '\n', State.Done);
            default:
                throw new IOException("A byte comes after the end of the body.");
        }
    }

    private bool Expect(byte value, char expected, State next)
    {
        if (value != expected) throw new IOException($"Byte {value} where {(int)expected} belongs: the chunked framing is broken.");
        _state = next;
        return false;
    }
}
