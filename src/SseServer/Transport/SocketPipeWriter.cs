using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>
/// The way out of a connection. What fits into the kernel is sent at once on the caller's thread, without an allocation; the rest
/// follows asynchronously, and until it has, nothing else may be written: a send that overtook it would land in its middle.
/// </summary>
/// <remarks>
/// One caller at a time, which awaits each flush before it goes on. Only <see cref="IsPending"/>, <see cref="PendingSince"/> and
/// <see cref="CancelPendingFlush"/> may be used from elsewhere. A broken connection is a value,
/// <see cref="FlushResult.IsCompleted"/>, and the reason stands on the connection. Cancellation tokens are not observed: a send
/// underway ends by completing or by the connection's end.
/// </remarks>
internal sealed class SocketPipeWriter(Connection connection, Socket socket, TransportBuffers buffers, TimeProvider time) : PipeWriter
{
    // A reply's head and a short body fit into it.
    private const int FirstBufferBytes = 1024;

    private readonly SafeSocketHandle _handle = socket.SafeHandle;
    private byte[]? _buffer;
    private int _buffered;
    private long _pendingSince;
    private bool _broken;
    private TaskCompletionSource? _sendEnded;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => IsPending ? 0 : _buffered;

    /// <summary>A send is underway; nothing may be written until it ends.</summary>
    public bool IsPending => PendingSince != 0;

    /// <summary>The timestamp at which the pending send last made progress (or began); 0 while none is pending.</summary>
    public long PendingSince => Volatile.Read(ref _pendingSince);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(_buffered);

    public override Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(_buffered);

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _buffered);
        _buffered += bytes;
    }

    /// <summary>Sends what is buffered.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfPending();
        if (_buffered == 0) return new ValueTask<FlushResult>(new FlushResult(false, _broken));
        var sent = SendNow(_buffer.AsSpan(0, _buffered));
        if (sent >= 0 && sent < _buffered) return SendLater(_buffer.AsMemory(sent, _buffered - sent));
        ReleaseBuffer();
        return new ValueTask<FlushResult>(new FlushResult(false, _broken));
    }

    /// <summary>
    /// Sends what is buffered, then <paramref name="source"/> without copying it: it must not change until the task completes.
    /// </summary>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffered != 0)
        {
            var flush = FlushAsync(cancellationToken);
            if (!flush.IsCompletedSuccessfully) return WriteAfterAsync(flush, source);
            _ = flush.Result;
        }

        ThrowIfPending();
        var sent = SendNow(source.Span);
        return sent < 0 || sent == source.Length
            ? new ValueTask<FlushResult>(new FlushResult(false, _broken))
            : SendLater(source[sent..]);
    }

    /// <summary>
    /// One attempt without waiting, while nothing is buffered or pending. Returns how many bytes the kernel took, from 0 to all of
    /// them, or -1 when the connection is broken.
    /// </summary>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (_buffered != 0) ThrowBuffered();
        ThrowIfPending();
        return SendNow(bytes);
    }

    /// <summary>Aborts the connection; a pending flush completes as broken.</summary>
    public override void CancelPendingFlush() => connection.Abort(CloseReason.WriteCanceled);

    /// <summary>Drops what is buffered. A send underway goes on and gives its buffer back when it ends.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!IsPending) ReleaseBuffer();
    }

    /// <summary>Waits for a send underway, then sends what is buffered.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _sendEnded, ended);
        Interlocked.MemoryBarrier(); // Against OnSendEnded: one of the two sees what the other wrote.
        if (IsPending) await ended.Task;
        if (exception is null) await FlushAsync();
        Complete(exception);
    }

    internal void OnSendProgress() => Volatile.Write(ref _pendingSince, time.GetTimestamp());

    internal FlushResult OnSendEnded(SocketError error)
    {
        if (error != SocketError.Success) Break(error);
        ReleaseBuffer();
        var result = new FlushResult(false, _broken);
        Interlocked.Exchange(ref _pendingSince, 0);
        Interlocked.Exchange(ref _sendEnded, null)?.SetResult();
        return result;
    }

    private async ValueTask<FlushResult> WriteAfterAsync(ValueTask<FlushResult> flush, ReadOnlyMemory<byte> source)
    {
        var result = await flush;
        return result.IsCompleted ? result : await WriteAsync(source);
    }

    private ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest)
    {
        Volatile.Write(ref _pendingSince, time.GetTimestamp());
        return buffers.RentOperation().Start(this, socket, rest);
    }

    private int SendNow(ReadOnlySpan<byte> bytes)
    {
        if (_broken) return -1;
        if (bytes.IsEmpty) return 0;
        var sent = OperatingSystem.IsLinux() ? LinuxSend.TrySend(_handle, bytes, out var error) : socket.Send(bytes, SocketFlags.None, out error);
        if (error == SocketError.Success) return sent;
        if (error is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable) return 0;
        Break(error);
        return -1;
    }

    private void Break(SocketError error)
    {
        _broken = true;
        connection.TryRecord(SocketErrors.ToCloseReason(error));
    }

    private byte[] Room(int sizeHint)
    {
        ThrowIfPending();
        var needed = Math.Max(sizeHint, 1);
        if (_buffer is null) return _buffer = buffers.RentArray(Math.Max(needed, FirstBufferBytes));
        if (_buffer.Length - _buffered >= needed) return _buffer;
        var larger = buffers.RentArray(Math.Max(_buffered + needed, _buffer.Length * 2));
        _buffer.AsSpan(0, _buffered).CopyTo(larger);
        buffers.Return(_buffer);
        return _buffer = larger;
    }

    private void ReleaseBuffer()
    {
        if (_buffer is not null) buffers.Return(_buffer);
        _buffer = null;
        _buffered = 0;
    }

    private void ThrowIfPending()
    {
        if (IsPending) ThrowPending();
    }

    [DoesNotReturn]
    private static void ThrowPending() => throw new InvalidOperationException("A send is pending; await its flush before writing.");

    [DoesNotReturn]
    private static void ThrowBuffered() => throw new InvalidOperationException("Bytes are buffered; flush them before TrySend.");
}
