using System.IO.Pipelines;
using System.Net.Security;
using System.Runtime.CompilerServices;
using SseServer.Transport.Channels;

namespace SseServer.Transport.Tls;

/// <summary>
/// The output of an encrypted connection: plaintext becomes records, and records go to the output of the raw channel. Bytes count as sent
/// once they are encrypted and handed on, a few records with one send.
/// </summary>
/// <remarks>
/// After a send that the kernel did not accept whole, nothing more is encrypted until it has; so one send is the most that is held for a
/// peer that does not read. Meanwhile <see cref="TrySend"/> accepts nothing, and a flush waits.
/// </remarks>
internal sealed class TlsPipeWriter(IRawChannel raw, SslStream tls, TransportBuffers buffers) : ConnectionOutput(raw, buffers)
{
    /// <summary>Plaintext of one send. 16 KB, as with plain replies; more would only be held longer for a slow peer.</summary>
    public const int MaxSendBytes = 16 * 1024;

    // A connection keeps OpenSSL's buffers of the largest record that it ever sent, and a client decrypts nothing before a record's last
    // byte. So records are a quarter of what RFC 8446 section 5.1 allows; the 22 bytes of overhead of each are half a percent.
    private const int MaxRecordBytes = 4 * 1024;

    // Held here: each delivery then takes one step less through memory that is cold.
    private readonly ConnectionOutput _ciphertext = raw.Output;
    private Task<FlushResult>? _pendingSend;
    private bool _isFlushing;

    public override bool IsPending => Volatile.Read(ref _isFlushing);

    public override long PendingSince => _ciphertext.PendingSince;

    protected override bool HasUnsentBytes => _ciphertext.IsPending;

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        ThrowUnlessIdle(IsPending);
        return SendNow(bytes);
    }

    public override void Complete(Exception? exception = null)
    {
        base.Complete(exception);
        _ciphertext.Complete(exception);
    }

    protected override int SendNow(ReadOnlySpan<byte> bytes)
    {
        var sent = 0;
        if (_ciphertext.IsBroken) IsBroken = true;
        while (sent < bytes.Length && !IsBroken && !_ciphertext.IsPending)
        {
            var part = bytes.Slice(sent, Math.Min(bytes.Length - sent, MaxSendBytes));
            Encrypt(part);
            if (!IsBroken) Send();
            sent += part.Length;
        }

        return IsBroken ? -1 : sent;
    }

    protected override ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest)
    {
        Volatile.Write(ref _isFlushing, true);
        return SendLaterAsync(rest);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends as often as a slow peer blocks.
    private async ValueTask<FlushResult> SendLaterAsync(ReadOnlyMemory<byte> rest)
    {
        while (true)
        {
            if (_pendingSend is { } pending && (await pending).IsCompleted) IsBroken = true;
            _pendingSend = null;
            if (rest.IsEmpty || IsBroken) break;
            var sent = SendNow(rest.Span);
            if (sent > 0) rest = rest[sent..];
        }

        ReleaseBuffer();

        // A full fence, as OnPendingEnded requires.
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
            // The peer violated TLS on the reading side, after which the TLS layer encrypts no more.
            End.TryRecord(CloseReason.TlsBroken);
            IsBroken = true;
        }
    }

    private void Send()
    {
        var flush = _ciphertext.FlushAsync();
        if (!flush.IsCompletedSuccessfully) _pendingSend = flush.AsTask();
        else if (flush.Result.IsCompleted) IsBroken = true;
    }
}
