using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace SseServer.Transport;

/// <summary>Reading for the request loop.</summary>
internal sealed partial class Connection
{
    /// <summary>
    /// Reads what there is, waiting for it if need be; no bytes wanted means to wait only. Returns 0 at the end, which is the
    /// peer's FIN, a broken connection (then a reason is recorded) or a wait that was cut short from our side (likewise).
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    internal async ValueTask<int> ReadAsync(Memory<byte> buffer)
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
}
