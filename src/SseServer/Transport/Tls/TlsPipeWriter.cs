using System.IO.Pipelines;
using System.Net.Security;
using System.Runtime.CompilerServices;

namespace SseServer.Transport.Tls;

/// <summary>
/// The way out of an encrypted connection: plaintext becomes records, and records go to the socket's writer. Taken means encrypted
/// and handed on. After a record that the kernel did not take whole nothing more is encrypted until it has, so one record is the
/// most that is held for a peer that does not read; <see cref="TrySend"/> takes nothing meanwhile, and a flush waits first.
/// </summary>
internal sealed class TlsPipeWriter(Connection connection, SocketPipeWriter socket, SslStream tls, TransportBuffers buffers)
    : ConnectionOutput(connection, buffers)
{
    /// <summary>Plaintext of one record. RFC 8446 section 5.1 allows 16 KB at the most.</summary>
    public const int MaxRecordBytes = 16 * 1024;

    private Task<FlushResult>? _heldBack;
    private bool _isFlushing;

    public override bool IsPending => Volatile.Read(ref _isFlushing);

    public override long PendingSince => socket.PendingSince;

    protected override bool HoldsBack => socket.IsPending;

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        ThrowUnlessIdle();
        return SendNow(bytes);
    }

    public override void Complete(Exception? exception = null)
    {
        base.Complete(exception);
        socket.Complete(exception);
    }

    protected override int SendNow(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        if (socket.IsBroken) IsBroken = true;
        while (taken < bytes.Length && !IsBroken && !socket.IsPending)
        {
            var record = Math.Min(bytes.Length - taken, MaxRecordBytes);
            SendRecord(bytes.Slice(taken, record));
            taken += record;
        }

        return IsBroken ? -1 : taken;
    }

    protected override ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest)
    {
        Volatile.Write(ref _isFlushing, true);
        return SendLaterAsync(rest);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends as often as a slow reader blocks.
    private async ValueTask<FlushResult> SendLaterAsync(ReadOnlyMemory<byte> rest)
    {
        while (true)
        {
            if (_heldBack is { } heldBack && (await heldBack).IsCompleted) IsBroken = true;
            _heldBack = null;
            if (rest.IsEmpty || IsBroken) break;
            var sent = SendNow(rest.Span);
            if (sent > 0) rest = rest[sent..];
        }

        ReleaseBuffer();
        Interlocked.Exchange(ref _isFlushing, false);
        OnPendingEnded();
        return new FlushResult(false, IsBroken);
    }

    private void SendRecord(ReadOnlySpan<byte> plaintext)
    {
        try
        {
            tls.Write(plaintext);
        }
        catch (IOException)
        {
            // The peer broke the TLS layer on the reading side: it encrypts no more.
            Connection.TryRecord(CloseReason.TlsBroken);
            IsBroken = true;
            return;
        }

        if (socket.UnflushedBytes > 0) _heldBack = socket.FlushAsync().AsTask();
        if (socket.IsBroken) IsBroken = true;
    }
}
