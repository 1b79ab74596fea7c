using System.IO.Pipelines;
using System.Net.Sockets;

namespace SseServer.Transport.Channels;

/// <summary>
/// The output of a plain connection, and of the ciphertext of an encrypted one. A send that the kernel accepts whole allocates nothing.
/// </summary>
internal sealed class SocketPipeWriter(IConnectionEnd end, Socket socket, TransportBuffers buffers, TimeProvider time)
    : ConnectionOutput(end, buffers), SendOperation.IOwner
{
    private readonly SafeSocketHandle _handle = socket.SafeHandle;
    private long _pendingSince;

    public override bool IsPending => PendingSince != 0;

    public override long PendingSince => Volatile.Read(ref _pendingSince);

    public override int TrySend(ReadOnlySpan<byte> bytes)
    {
        ThrowUnlessIdle(IsPending);
        return SendNow(bytes);
    }

    void SendOperation.IOwner.OnProgress() => Volatile.Write(ref _pendingSince, time.GetTimestamp());

    FlushResult SendOperation.IOwner.OnEnded(SocketError error)
    {
        if (error != SocketError.Success) Break(error);
        ReleaseBuffer();
        var result = new FlushResult(false, IsBroken);

        // A full fence, as OnPendingEnded requires.
        Interlocked.Exchange(ref _pendingSince, 0);
        OnPendingEnded();
        return result;
    }

    protected override int SendNow(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken) return -1;
        if (bytes.IsEmpty) return 0;
        var sent = OperatingSystem.IsLinux()
            ? LinuxSend.TrySend(_handle, bytes, out var error)
            : socket.Send(bytes, SocketFlags.None, out error);
        if (error == SocketError.Success) return sent;
        if (error is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable) return 0;
        Break(error);
        return -1;
    }

    protected override ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest)
    {
        Volatile.Write(ref _pendingSince, time.GetTimestamp());
        return Buffers.RentOperation().Start(this, socket, rest);
    }

    private void Break(SocketError error)
    {
        IsBroken = true;
        End.TryRecord(SocketErrors.ToCloseReason(error));
    }
}
