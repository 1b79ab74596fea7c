using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SseServer.Bench.FanOut.Load;

/// <summary>A non-blocking client connection that a <see cref="LoadLoop"/> watches.</summary>
internal abstract class LoadSocket : IDisposable
{
    private readonly Socket _socket;

    protected LoadSocket(IPEndPoint server, int receiveBuffer = 0)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) _socket.ReceiveBufferSize = receiveBuffer;
        // Reset instead of FIN, so that ten thousand closed streams leave no TIME_WAIT behind.
        _socket.LingerState = new LingerOption(true, 0);
        // Over loopback the kernel completes a connection at once, or when there is room in the listener's backlog.
        _socket.Connect(server);
        _socket.Blocking = false;
    }

    public SafeHandle Handle => _socket.SafeHandle;

    public bool IsClosed { get; private set; }

    /// <summary>
    /// Called on the loop's thread when the socket may have become readable or writable; edge-triggered, so all must be taken.
    /// </summary>
    public abstract void OnReady(byte[] buffer);

    /// <summary>Closes the connection, once.</summary>
    public void Dispose()
    {
        IsClosed = true;
        _socket.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sends what the kernel takes of <paramref name="bytes"/> and returns how many; -1 if the connection is closed.</summary>
    protected int Send(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch { SocketError.Success => sent, SocketError.WouldBlock => 0, _ => -1 };
    }

    /// <summary>Receives into <paramref name="bytes"/>; -1 if there is nothing, 0 at the end.</summary>
    protected int Receive(Span<byte> bytes)
    {
        var received = _socket.Receive(bytes, SocketFlags.None, out var error);
        return error switch { SocketError.Success => received, SocketError.WouldBlock => -1, _ => 0 };
    }
}
