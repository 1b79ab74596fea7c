using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace SseServer.Transport.Tls;

/// <summary>
/// The TLS layer of one connection after its handshake: reads for the request loop, looks during a stream, and the close.
/// Between reads it holds no buffer. One reader at a time, beside which <see cref="Output"/> may write.
/// </summary>
internal sealed class TlsSession : IDisposable
{
    private readonly Connection _connection;
    private readonly TlsRecordStream _records;
    private readonly SslStream _tls;
    private int _ahead = -1;
    private int _ownBytes;
    private bool _mayHoldMore;

    private TlsSession(Connection connection, TlsRecordStream records, SslStream tls, TlsPipeWriter output)
    {
        _connection = connection;
        _records = records;
        _tls = tls;
        Output = output;
    }

    public TlsPipeWriter Output { get; }

    /// <summary>The last read may have left data of its record behind, which no wait would tell of.</summary>
    public bool MayHoldData => _mayHoldMore || _ahead >= 0;

    /// <summary>The handshake; null where it came to nothing, with a reason recorded.</summary>
    public static async Task<TlsSession?> NegotiateAsync(
        Connection connection, SocketPipeWriter socket, SslServerAuthenticationOptions options, TransportContext context)
    {
        var records = new TlsRecordStream(connection, socket);
        var tls = new SslStream(records, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(options, CancellationToken.None);
            records.IsNegotiating = false;
            return new TlsSession(connection, records, tls, new TlsPipeWriter(connection, socket, tls, context.Buffers));
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            connection.TryRecord(CloseReason.TlsRefused);
            TransportLog.HandshakeFailed(context.Logger, connection.Id, (e.InnerException ?? e).Message);
            await tls.DisposeAsync();
            return null;
        }
    }

    /// <summary>As <see cref="Connection.ReadAsync"/>: 0 at the end, and where the peer breaks the rules of TLS, with a reason recorded.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (_ahead >= 0)
        {
            if (buffer.IsEmpty) return 0;
            buffer.Span[0] = (byte)_ahead;
            _ahead = -1;
            return 1;
        }

        try
        {
            var read = await _tls.ReadAsync(buffer);
            _mayHoldMore = read == buffer.Length;
            return read;
        }
        catch (IOException)
        {
            _connection.TryRecord(CloseReason.TlsBroken);
            return 0;
        }
    }

    /// <summary>
    /// Finds out what the peer sent during a stream without waiting: data, of which one byte is read ahead, its end, or nothing but
    /// messages of the TLS layer, which are done with.
    /// </summary>
    public InputState Look()
    {
        if (_ahead >= 0) return InputState.Data;
        var first = new byte[1];
        var state = Receive(first, out _);
        if (state == InputState.Data) _ahead = first[0];
        return state;
    }

    /// <summary>Reads data without waiting.</summary>
    public InputState Receive(Memory<byte> buffer, out int read)
    {
        read = 1;
        if (_ahead >= 0)
        {
            buffer.Span[0] = (byte)_ahead;
            _ahead = -1;
            return InputState.Data;
        }

        while (true)
        {
            read = 0;
            var state = _mayHoldMore ? _records.BeginEmptyLook() : _records.BeginLook();
            if (state != InputState.Data) return state;
            if (TryRead(buffer, out read)) return read == 0 ? InputState.End : InputState.Data;
            _ownBytes += _records.LookBytes;
            if (_ownBytes <= _connection.StrayBytesLimit) continue;
            _connection.TryRecord(CloseReason.StrayBytes);
            return InputState.End;
        }
    }

    /// <summary>A stream begins: what the TLS layer is sent for itself during it is limited.</summary>
    public void BeginStream() => _ownBytes = 0;

    /// <summary>Waits for what is on its way and sends close_notify (RFC 8446 section 6.1). A connection that breaks meanwhile ends it.</summary>
    public async Task CloseAsync()
    {
        try
        {
            if ((await Output.FlushAsync()).IsCompleted) return;
            _records.IsNegotiating = true;
            await _tls.ShutdownAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or AuthenticationException or CryptographicException)
        {
            // The peer has broken the TLS layer (which OpenSSL tells in words of its own), or is gone: there is nobody to say goodbye to.
        }
    }

    public void Dispose() => _tls.Dispose();

    // False where the record was the TLS layer's own.
    private bool TryRead(Memory<byte> buffer, out int read)
    {
        read = 0;
        try
        {
            var reading = _tls.ReadAsync(buffer);
            read = reading.IsCompleted ? reading.Result : throw new InvalidOperationException("A look had to wait.");
            _mayHoldMore = read == buffer.Length;
            if (read == 0) _connection.TryRecord(CloseReason.PeerFinished);
            return true;
        }
        catch (NothingToReadException)
        {
            _mayHoldMore = false;
            return false;
        }
        catch (IOException)
        {
            _connection.TryRecord(CloseReason.TlsBroken);
            return true;
        }
        finally
        {
            _records.EndLook();
        }
    }
}
