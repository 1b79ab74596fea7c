using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace SseServer.Transport;

/// <summary>
/// The part of a write that the kernel would not take at once, sent as the peer makes room. Borrowed from
/// <see cref="TransportBuffers"/> by a <see cref="SocketPipeWriter"/>, and given back when its result is taken, which happens only
/// after the last byte was sent or the connection broke: never while the kernel may still read the buffer.
/// </summary>
internal sealed class SendOperation(TransportBuffers home)
    : SocketAsyncEventArgs(true), IValueTaskSource<FlushResult> // True: no execution context flows to completions.
{
    // A send completes only when all of it is taken. Pieces let the sweep tell a slow reader from a stalled one.
    private const int PieceBytes = 64 * 1024;

    private ManualResetValueTaskSourceCore<FlushResult> _result;
    private SocketPipeWriter? _writer;
    private Socket? _socket;
    private ReadOnlyMemory<byte> _rest;

    /// <summary>Sends <paramref name="rest"/>, which must not change until the task completes. The task is awaited exactly once.</summary>
    public ValueTask<FlushResult> Start(SocketPipeWriter writer, Socket socket, ReadOnlyMemory<byte> rest)
    {
        _writer = writer;
        _socket = socket;
        _rest = rest;
        var task = new ValueTask<FlushResult>(this, _result.Version);
        SendPieces();
        return task;
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        var result = _result.GetResult(token);
        _result.Reset();
        home.Return(this);
        return result;
    }

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        if (TakeProgress()) SendPieces();
    }

    private void SendPieces()
    {
        do
        {
            SetBuffer(MemoryMarshal.AsMemory(_rest[..Math.Min(_rest.Length, PieceBytes)]));
        }
        while (!_socket!.SendAsync(this) && TakeProgress());
    }

    /// <summary>Returns whether there is more to send.</summary>
    private bool TakeProgress()
    {
        if (SocketError == SocketError.Success)
        {
            _rest = _rest[BytesTransferred..];
            if (!_rest.IsEmpty)
            {
                _writer!.OnSendProgress();
                return true;
            }
        }

        var writer = _writer!;
        var error = SocketError;
        _writer = null;
        _socket = null;
        _rest = default;
        SetBuffer(default);

        // The continuation runs here: on the pool's thread that learnt of the completion, under no lock.
        _result.SetResult(writer.OnSendEnded(error));
        return false;
    }
}
