using System.Net;
using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>The server cannot listen on an address; the <see cref="SocketException.SocketErrorCode"/> of the cause says why.</summary>
internal sealed class ListenException(IPEndPoint endpoint, SocketException cause)
    : IOException($"{endpoint} cannot be listened on: {cause.Message}", cause)
{
    public IPEndPoint Endpoint { get; } = endpoint;

    public SocketException Cause { get; } = cause;
}
