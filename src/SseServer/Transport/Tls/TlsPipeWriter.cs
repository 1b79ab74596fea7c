using System.IO.Pipelines;
using System.Net.Security;
using System.Runtime.CompilerServices;

namespace SseServer.Transport.Tls;

/// <summary>
/// The way out of an encrypted connection: plaintext becomes records, and records go to the socket's writer. Taken means encrypted
/// and handed on, a few records with one send. After a send that the kernel did not take whole nothing more is encrypted until it has, so
/// that is the most that is held for a peer that does not read; <see cref="TrySend"/> takes nothing meanwhile, and a flush waits first.
/// </summary>
internal sealed class TlsPipeWriter(Connection connection, SocketPipeWriter socket, SslStream tls, TransportBuffers buffers)
    : ConnectionOutput(connection, buffers)
{
    /// <summary>
    /// Plaintext of one send. 16 KB, as with plain replies; more would only be held longer for a peer that reads slowly.
    /// </summary>
    public const int MaxSendBytes = 16 * 1024;

    // A connection keeps OpenSSL's buffers of the largest record it ever sent, and a reader decrypts nothing before a record's last byte. So
    // records are a quarter of what RFC 8446 section 5.1 allows; the 22 bytes that each costs are half a percent.
    private const int MaxRecordBytes = 4 * 1024;

    private Task<FlushResult>? _heldBack;
    private bool _isFlushing;

    public override bool IsPending => Volatile.Read(ref _isFlushing);

    public override long PendingSince => socket.PendingSince;

    protected override bool HoldsBack => socket.IsPending;

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        ThrowUnlessIdle(IsPending);
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
            var part = bytes.Slice(taken, Math.Min(bytes.Length - taken, MaxSendBytes));
            Encrypt(part);
            if (!IsBroken) Send();
            taken += part.Length;
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

    private void Encrypt(ReadOnlySpan<byte> plaintext)
    {
        try
        {
            for (; plaintext.Length > MaxRecordBytes; plaintext = plaintext[MaxRecordBytes..]) tls.Write(plaintext[..MaxRecordBytes]);
            tls.Write(plaintext);
        }
        catch (IOException)
        {
            // The peer broke the TLS layer on the reading side: it encrypts no more.
            Connection.TryRecord(CloseReason.TlsBroken);
            IsBroken = true;
        }
    }

    private void Send()
    {
        var flush = socket.FlushAsync();
        if (!flush.IsCompletedSuccessfully) _heldBack = flush.AsTask();
        else if (flush.Result.IsCompleted) IsBroken = true;
    }
}
