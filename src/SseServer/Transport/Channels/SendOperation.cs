using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace SseServer.Transport.Channels;

/// <summary>
/// Sends the part of a write that the kernel did not accept at once, as the peer makes room. It is borrowed from
/// <see cref="TransportBuffers"/> and returned when its result is taken. That happens only after the last byte was sent or the connection
/// broke, never while the kernel may still read the buffer.
/// </summary>
internal sealed class SendOperation(TransportBuffers pool)
    : SocketAsyncEventArgs(true), IValueTaskSource<FlushResult> // True: no execution context flows to completions.
{
    // A send completes only as a whole. Pieces let the sweep distinguish a slow peer from a stalled one.
    private const int PieceBytes = 64 * 1024;

    private ManualResetValueTaskSourceCore<FlushResult> _result;
    private IOwner? _owner;
    private Socket? _socket;
    private ReadOnlyMemory<byte> _rest;

    /// <summary>Whose bytes are sent.</summary>
    internal interface IOwner
    {
        /// <summary>The kernel accepted bytes, but not the last one.</summary>
        void OnProgress();

        /// <summary>The last byte was sent, or the connection broke. Returns the result of the flush.</summary>
        FlushResult OnEnded(SocketError error);
    }

    /// <summary>Sends <paramref name="rest"/>, which must not change until the task completes. The task is awaited exactly once.</summary>
    public ValueTask<FlushResult> Start(IOwner owner, Socket socket, ReadOnlyMemory<byte> rest)
    {
        _owner = owner;
        _socket = socket;
        _rest = rest;
        var task = new ValueTask<FlushResult>(this, _result.Version);
        SendPieces();
        return task;
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _result.OnCompleted(continuation, state, token, flags);

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        var result = _result.GetResult(token);
        _result.Reset();
        pool.Return(this);
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

    /// <summary>Whether there is more to send.</summary>
    private bool TakeProgress()
    {
        if (SocketError == SocketError.Success)
        {
            _rest = _rest[BytesTransferred..];
            if (!_rest.IsEmpty)
            {
                _owner!.OnProgress();
                return true;
            }
        }

        var owner = _owner!;
        var error = SocketError;
        _owner = null;
        _socket = null;
        _rest = default;
        SetBuffer(default);

        // The continuation runs here, on the pool thread that noticed the completion, with no lock held.
        _result.SetResult(owner.OnEnded(error));
        return false;
    }
}
