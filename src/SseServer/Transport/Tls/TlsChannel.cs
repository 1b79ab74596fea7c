using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using SseServer.Transport.Channels;

namespace SseServer.Transport.Tls;

/// <summary>
/// A connection's bytes over TLS, after the handshake. Between reads it holds no buffer.
/// </summary>
internal sealed class TlsChannel(IRawChannel raw, TlsRecordStream records, SslStream tls, TlsPipeWriter output) : IChannel
{
    private const int NoByte = -1;

    // The byte that Peek read ahead.
    private int _peeked = NoByte;
    private int _protocolBytesLeft;
    private bool _mayHoldMore;

    public ConnectionOutput Output => output;

    /// <inheritdoc/>
    /// <remarks>The last read may have left data of its record behind.</remarks>
    public bool MayHoldData => _mayHoldMore || _peeked != NoByte;

    /// <inheritdoc/>
    /// <remarks>Also returns 0 if the peer violates TLS, with that reason recorded.</remarks>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_peeked != NoByte) return buffer.IsEmpty ? 0 : TakePeeked(buffer);
        try
        {
            var read = await tls.ReadAsync(buffer);
            _mayHoldMore = read == buffer.Length;
            return read;
        }
        catch (IOException)
        {
            raw.TryRecord(CloseReason.TlsBroken);
            return 0;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Messages of the TLS layer itself, such as key updates, are processed on the way.</remarks>
    public InputState Peek()
    {
        if (_peeked != NoByte) return InputState.Data;
        var first = new byte[1];
        var state = Receive(first, out _);
        if (state == InputState.Data) _peeked = first[0];
        return state;
    }

    public InputState Receive(Memory<byte> buffer, out int read)
    {
        if (_peeked != NoByte)
        {
            read = TakePeeked(buffer);
            return InputState.Data;
        }

        while (true)
        {
            read = 0;
            var state = _mayHoldMore ? records.BeginBufferedRead() : records.BeginRecordRead();
            if (state != InputState.Data) return state;
            if (TryRead(buffer, out read)) return read == 0 ? InputState.End : InputState.Data;
            _protocolBytesLeft -= records.RecordBytes;
            if (_protocolBytesLeft >= 0) continue;
            raw.TryRecord(CloseReason.StrayBytes);
            return InputState.End;
        }
    }

    public void BeginStream(int maxProtocolBytes) => _protocolBytesLeft = maxProtocolBytes;

    /// <summary>Waits until everything is sent, then sends close_notify (RFC 8446 section 6.1).</summary>
    public async Task CloseAsync()
    {
        try
        {
            if ((await Output.FlushAsync()).IsCompleted) return;
            records.IsNegotiating = true;
            await tls.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or AuthenticationException or CryptographicException)
        {
            // The peer violated TLS (which OpenSSL may report as a CryptographicException), or is gone: close_notify would not be read.
        }
    }

    public void Dispose() => tls.Dispose();

    private int TakePeeked(Memory<byte> buffer)
    {
        buffer.Span[0] = (byte)_peeked;
        _peeked = NoByte;
        return 1;
    }

    // False if the record was a message of the TLS layer itself.
    private bool TryRead(Memory<byte> buffer, out int read)
    {
        read = 0;
        try
        {
            var reading = tls.ReadAsync(buffer);
            read = reading.IsCompleted ? reading.Result : throw new InvalidOperationException("A read of a whole record had to wait.");
            _mayHoldMore = read == buffer.Length;
            if (read == 0) raw.TryRecord(CloseReason.PeerFinished);
            return true;
        }
        catch (TlsRecordStream.NothingToReadException)
        {
            _mayHoldMore = false;
            return false;
        }
        catch (IOException)
        {
            raw.TryRecord(CloseReason.TlsBroken);
            return true;
        }
        finally
        {
            records.EndRead();
        }
    }
}
