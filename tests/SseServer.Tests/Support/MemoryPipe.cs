namespace SseServer.Tests.Support;

/// <summary>Bytes in one direction, without a bound. Safe on any thread.</summary>
/// <param name="changed">Called after bytes or the end have arrived, with no lock held.</param>
internal sealed class MemoryPipe(Action changed)
{
    private readonly Lock _gate = new();
    private byte[] _bytes = new byte[512];
    private int _start;
    private int _end;
    private bool _isComplete;

    /// <summary>Bytes that were not read yet.</summary>
    public int Available
    {
        get
        {
            lock (_gate) return _end - _start;
        }
    }

    /// <summary>Nothing more can be written.</summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate) return _isComplete;
        }
    }

    /// <summary>A read gives bytes or the end.</summary>
    public bool IsReadable => Available > 0 || IsComplete;

    /// <summary>Adds bytes; false after the end.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_isComplete) return false;
            if (_bytes.Length - _end < bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _end + bytes.Length));
            bytes.CopyTo(_bytes.AsSpan(_end));
            _end += bytes.Length;
        }

        changed();
        return true;
    }

    /// <summary>Takes the bytes that there are, 0 if none.</summary>
    public int Read(Span<byte> destination)
    {
        lock (_gate)
        {
            var length = PeekUnderLock(destination);
            _start += length;
            if (_start == _end) _start = _end = 0;
            return length;
        }
    }

    /// <summary>Copies the bytes that there are and leaves them.</summary>
    public int Peek(Span<byte> destination)
    {
        lock (_gate) return PeekUnderLock(destination);
    }

    /// <summary>No more bytes follow.</summary>
    public void Complete()
    {
        lock (_gate) _isComplete = true;
        changed();
    }

    private int PeekUnderLock(Span<byte> destination)
    {
        var length = Math.Min(destination.Length, _end - _start);
        _bytes.AsSpan(_start, length).CopyTo(destination);
        return length;
    }
}
