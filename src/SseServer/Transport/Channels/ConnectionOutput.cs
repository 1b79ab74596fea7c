using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace SseServer.Transport.Channels;

/// <summary>
/// The sending side of a channel, plain or encrypted. Bytes that fit into the kernel's buffer are sent at once on the caller's thread. The
/// rest follows asynchronously, and until then nothing else may be written, because it would land in the middle of that rest.
/// </summary>
/// <remarks>
/// One caller at a time, which awaits each flush before the next write. Only <see cref="IsPending"/>, <see cref="PendingSince"/> and
/// <see cref="CancelPendingFlush"/> may be used from other threads. A broken connection is a value,
/// <see cref="FlushResult.IsCompleted"/>; the connection has the reason. Cancellation tokens are ignored: a send in progress ends when it
/// is complete or when the connection ends.
/// </remarks>
internal abstract class ConnectionOutput(IConnectionEnd end, TransportBuffers buffers) : PipeWriter
{
    // Enough for the head of a reply and a short body.
    private const int FirstBufferBytes = 1024;

    private byte[]? _buffer;
    private int _buffered;
    private TaskCompletionSource? _pendingEnded;

    public sealed override bool CanGetUnflushedBytes => true;

    public sealed override long UnflushedBytes => IsPending ? 0 : _buffered;

    /// <summary>A flush or write is in progress; nothing may be written until it ends.</summary>
    public abstract bool IsPending { get; }

    /// <summary>
    /// Timestamp of the last progress of the pending send: when the kernel last took bytes, or first refused them. 0 if none is pending.
    /// </summary>
    public abstract long PendingSince { get; }

    /// <summary>The connection takes no more bytes.</summary>
    public bool IsBroken { get; protected set; }

    protected IConnectionEnd End => end;

    protected TransportBuffers Buffers => buffers;

    /// <summary>Bytes that were accepted wait for the kernel to make room; a flush waits for them.</summary>
    protected virtual bool HasUnsentBytes => false;

    public sealed override Memory<byte> GetMemory(int sizeHint = 0) => Reserve(sizeHint).AsMemory(_buffered);

    public sealed override Span<byte> GetSpan(int sizeHint = 0) => Reserve(sizeHint).AsSpan(_buffered);

    public sealed override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _buffered);
        _buffered += bytes;
    }

    /// <summary>Sends the buffered bytes.</summary>
    public sealed override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfPending();
        if (_buffered == 0 && !HasUnsentBytes) return new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
        var sent = SendNow(_buffer.AsSpan(0, _buffered));
        if (MustFollow(sent, _buffered)) return SendLater(_buffer.AsMemory(sent, _buffered - sent));
        ReleaseBuffer();
        return new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
    }

    /// <summary>
    /// Sends the buffered bytes, then <paramref name="source"/> without copying it: it must not change until the task completes.
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
        return MustFollow(sent, source.Length)
            ? SendLater(source[sent..])
            : new ValueTask<FlushResult>(new FlushResult(false, IsBroken));
    }

    /// <summary>
    /// One attempt without waiting, to be made while nothing is buffered or pending. Returns how many bytes were sent, from 0 to all, or
    /// -1 if the connection is broken.
    /// </summary>
    public abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Aborts the connection; a pending flush completes as broken.</summary>
    public sealed override void CancelPendingFlush() => end.Abort(CloseReason.WriteCanceled);

    /// <summary>Drops the buffered bytes. A send in progress continues and returns its buffer when it ends.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!IsPending) ReleaseBuffer();
    }

    /// <summary>Waits for a send in progress, then sends the buffered bytes.</summary>
    public sealed override async ValueTask CompleteAsync(Exception? exception = null)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _pendingEnded, ended);

        // Pairs with the fence before OnPendingEnded: without both, each side could miss what the other wrote, and this would wait forever.
        Interlocked.MemoryBarrier();
        if (IsPending) await ended.Task;
        if (exception is null) await FlushAsync();
        Complete(exception);
    }

    /// <summary>Sends what can be sent without waiting; as <see cref="TrySend"/>, while nothing is pending.</summary>
    protected abstract int SendNow(ReadOnlySpan<byte> bytes);

    /// <summary>Sends the rest as room appears, and ends with <see cref="ReleaseBuffer"/> and <see cref="OnPendingEnded"/>.</summary>
    protected abstract ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest);

    /// <summary>Nothing is pending any more. Called after <see cref="IsPending"/> became false with a full fence.</summary>
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

    private bool MustFollow(int sent, int length) => sent >= 0 && (sent < length || HasUnsentBytes);

    private async ValueTask<FlushResult> WriteAfterAsync(ValueTask<FlushResult> flush, ReadOnlyMemory<byte> source)
    {
        var result = await flush;
        return result.IsCompleted ? result : await WriteAsync(source);
    }

    private byte[] Reserve(int sizeHint)
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
