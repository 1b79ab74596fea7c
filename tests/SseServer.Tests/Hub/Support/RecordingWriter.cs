using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace SseServer.Tests.Hub.Support;

/// <summary>
/// A connection's output over memory, with the room that the test gives it: what does not fit stays pending until there is room.
/// The shard writes; the test gives room.
/// </summary>
internal sealed class RecordingWriter : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _received = new();
    private readonly ArrayBufferWriter<byte> _buffered = new();
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private ReadOnlyMemory<byte> _pending;
    private bool _isPending;
    private bool _isBroken;
    private int _room = int.MaxValue;

    /// <summary>
    /// Something was written or sent while a write was pending, or sent while something was buffered: bytes would change places.
    /// </summary>
    public string? Misuse { get; private set; }

    /// <summary>The sends that were offered, however much of them was taken.</summary>
    public int Sends { get; private set; }

    public bool IsPending
    {
        get
        {
            lock (_gate) return _isPending;
        }
    }

    public int Length
    {
        get
        {
            lock (_gate) return _received.WrittenCount;
        }
    }

    public byte[] ToArray()
    {
        lock (_gate) return _received.WrittenSpan.ToArray();
    }

    /// <summary>Takes this many bytes more, then no more.</summary>
    public void Take(int bytes)
    {
        lock (_gate)
        {
            _room = bytes;
            if (!TryFinishPending()) return;
        }

        _source.SetResult(default);
    }

    /// <summary>Takes no more bytes; a pending write completes as on a closed connection.</summary>
    public void Break()
    {
        lock (_gate)
        {
            _isBroken = true;
            if (!_isPending) return;
            _isPending = false;
        }

        _source.SetResult(new FlushResult(isCanceled: false, isCompleted: true));
    }

    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            Sends++;
            if (_isPending) Misuse ??= "A send while a write is pending.";
            if (_buffered.WrittenCount > 0) Misuse ??= "A send over buffered bytes.";
            return _isBroken ? -1 : Receive(bytes);
        }
    }

    public override void Advance(int bytes)
    {
        if (IsPending) Misuse ??= "Bytes buffered while a write is pending.";
        _buffered.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffered.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffered.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => Send(_buffered.WrittenMemory);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffered.WrittenCount > 0) Misuse ??= "A direct write over buffered bytes.";
        return Send(source);
    }

    public override void CancelPendingFlush() => Break();

    public override void Complete(Exception? exception = null) => throw new NotSupportedException();

    private ValueTask<FlushResult> Send(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            if (_isPending) Misuse ??= "A write while a write is pending.";
            if (_isBroken) return new(new FlushResult(isCanceled: false, isCompleted: true));
            (_pending, _isPending) = (bytes, true);
            _source.Reset();
            return TryFinishPending() ? default : new(this, _source.Version);
        }
    }

    private bool TryFinishPending()
    {
        if (!_isPending) return false;
        _pending = _pending[Receive(_pending.Span)..];
        if (!_pending.IsEmpty) return false;
        (_pending, _isPending) = (default, false);
        _buffered.ResetWrittenCount();
        return true;
    }

    private int Receive(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, _room);
        if (_room != int.MaxValue) _room -= taken;
        _received.Write(bytes[..taken]);
        return taken;
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token,
        ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);
}
