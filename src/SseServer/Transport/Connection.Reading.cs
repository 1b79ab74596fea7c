using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace SseServer.Transport;

/// <summary>Reading for the request loop.</summary>
internal sealed partial class Connection
{
    /// <summary>Reads what the peer says, decrypted where it speaks TLS, as <see cref="ReadSocketAsync"/> reads the socket.</summary>
    internal ValueTask<int> ReadAsync(Memory<byte> buffer) => _tls is null ? ReadSocketAsync(buffer) : _tls.ReadAsync(buffer);

    /// <summary>
    /// Reads what there is, waiting for it if need be; no bytes wanted means to wait only. Returns 0 at the end, which is the
    /// peer's FIN, a broken connection (then a reason is recorded) or a wait that was cut short from our side (likewise).
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    internal async ValueTask<int> ReadSocketAsync(Memory<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            await _receiver.WhenReadableAsync();
            return 0;
        }

        while (true)
        {
            var read = _socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success) return read;
            if (error != SocketError.WouldBlock)
            {
                TryRecord(SocketErrors.ToCloseReason(error));
                return 0;
            }

            if (_receiver.IsInterrupted) return 0;
            await _receiver.WhenReadableAsync();
        }
    }

    /// <summary>Bytes that stand in the kernel.</summary>
    internal int AvailableBytes => _socket.Available;

    /// <summary>Looks at what stands in the kernel, and leaves it there.</summary>
    internal InputState PeekSocket(Span<byte> buffer, out int peeked)
    {
        peeked = _socket.Receive(buffer, SocketFlags.Peek, out var error);
        return Judge(peeked, error);
    }

    /// <summary>Reads without waiting.</summary>
    internal InputState ReceiveSocket(Span<byte> buffer, out int read)
    {
        read = _socket.Receive(buffer, SocketFlags.None, out var error);
        return Judge(read, error);
    }

    private InputState Judge(int bytes, SocketError error)
    {
        if (error == SocketError.WouldBlock) return InputState.Nothing;
        if (bytes > 0) return InputState.Data;
        TryRecord(SocketErrors.ToCloseReason(error));
        return InputState.End;
    }
}
