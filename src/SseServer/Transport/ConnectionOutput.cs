using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace SseServer.Transport;

/// <summary>
/// The way out of a connection, plain or encrypted. What fits into the kernel is sent at once on the caller's thread; the rest
/// follows asynchronously, and until it has, nothing else may be written: bytes that overtook it would land in its middle.
/// </summary>
/// <remarks>
/// One caller at a time, which awaits each flush before it goes on. Only <see cref="IsPending"/>, <see cref="PendingSince"/> and
/// <see cref="CancelPendingFlush"/> may be used from elsewhere. A broken connection is a value,
/// <see cref="FlushResult.IsCompleted"/>, and the reason stands on the connection. Cancellation tokens are not observed: a send
/// underway ends by completing or by the connection's end.
/// </remarks>
internal abstract class ConnectionOutput(Connection connection, TransportBuffers buffers) : PipeWriter
{
    // A reply's head and a short body fit into it.
    private const int FirstBufferBytes = 1024;

    private byte[]? _buffer;
    private int _buffered;
    private TaskCompletionSource? _pendingEnded;

    public sealed override bool CanGetUnflushedBytes => true;

    public sealed override long UnflushedBytes => IsPending ? 0 : _buffered;

    /// <summary>A flush or write is underway; nothing may be written until it ends.</summary>
    public abstract bool IsPending { get; }

    /// <summary>The timestamp at which the kernel last took bytes that it had refused (or refused them); 0 while none wait.</summary>
    public abstract long PendingSince { get; }

    /// <summary>The connection takes no more bytes.</summary>
    public bool IsBroken { get; protected set; }

    protected Connection Connection => connection;

    protected TransportBuffers Buffers => buffers;

    /// <summary>Bytes that were taken wait for the kernel to make room; a flush waits for them.</summary>
    protected virtual bool HoldsBack => false;

    public sealed override Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(_buffered);

    public sealed override Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(_buffered);

    public sealed override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _buffered);
        _buffered += bytes;
    }

    /// <summary>Sends what is buffered.</summary>
    public sealed override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfPending();
        if (_buffered == 0 && !HoldsBack) return new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
        var sent = SendNow(_buffer.AsSpan(0, _buffered));
        if (IsToFollow(sent, _buffered)) return SendLater(_buffer.AsMemory(sent, _buffered - sent));
        ReleaseBuffer();
        return new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
    }

    /// <summary>
    /// Sends what is buffered, then <paramref name="source"/> without copying it: it must not change until the task completes.
    /// </summary>
    public sealed override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffered != 0)
        {
            var flush = FlushAsync(cancellationToken);
            if (!flush.IsCompletedSuccessfully) return WriteAfterAsync(flush, source);
            _ = flush.Result;
        }

        ThrowIfPending();
        var sent = SendNow(source.Span);
        return IsToFollow(sent, source.Length)
            ? SendLater(source[sent..])
            : new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
    }

    /// <summary>
    /// One attempt without waiting, while nothing is buffered or pending. Returns how many bytes were taken, from 0 to all of
    /// them, or -1 when the connection is broken.
    /// </summary>
    public abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Aborts the connection; a pending flush completes as broken.</summary>
    public sealed override void CancelPendingFlush() => connection.Abort(CloseReason.WriteCanceled);

    /// <summary>Drops what is buffered. A send underway goes on and gives its buffer back when it ends.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!IsPending) ReleaseBuffer();
    }

    /// <summary>Waits for a send underway, then sends what is buffered.</summary>
    public sealed override async ValueTask CompleteAsync(Exception? exception = null)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _pendingEnded, ended);
        Interlocked.MemoryBarrier(); // Against OnPendingEnded: one of the two sees what the other wrote.
        if (IsPending) await ended.Task;
        if (exception is null) await FlushAsync();
        Complete(exception);
    }

    /// <summary>Takes what can be taken without waiting; as <see cref="TrySend"/>, with nothing pending.</summary>
    protected abstract int SendNow(ReadOnlySpan<byte> bytes);

    /// <summary>Takes the rest as there is room, and ends with <see cref="ReleaseBuffer"/> and <see cref="OnPendingEnded"/>.</summary>
    protected abstract ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest);

    /// <summary>Nothing is pending from here on; called after <see cref="IsPending"/> has become false by a full fence.</summary>
    protected void OnPendingEnded() => Interlocked.Exchange(ref _pendingEnded, null)?.SetResult();

    protected void ReleaseBuffer()
    {
        if (_buffer is not null) buffers.Return(_buffer);
        _buffer = null;
        _buffered = 0;
    }

    /// <summary>For <see cref="TrySend"/>, which knows <see cref="IsPending"/> without a virtual call.</summary>
    protected void ThrowUnlessIdle(bool isPending)
    {
        if (_buffered != 0) ThrowBuffered();
        if (isPending) ThrowPending();
    }

    private bool IsToFollow(int sent, int length) => sent >= 0 && (sent < length || HoldsBack);

    private async ValueTask<FlushResult> WriteAfterAsync(ValueTask<FlushResult> flush, ReadOnlyMemory<byte> source)
    {
        var result = await flush;
        return result.IsCompleted ? result : await WriteAsync(source);
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

    private void ThrowIfPending()
    {
        if (IsPending) ThrowPending();
    }

    [DoesNotReturn]
    private static void ThrowPending() => throw new InvalidOperationException("A send is pending; await its flush before writing.");

    [DoesNotReturn]
    private static void ThrowBuffered() => throw new InvalidOperationException("Bytes are buffered; flush them before TrySend.");
}
