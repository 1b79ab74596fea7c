using System.Net;
using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>An address cannot be listened on; the cause's <see cref="SocketException.SocketErrorCode"/> says why.</summary>
internal sealed class ListenException(IPEndPoint endpoint, SocketException cause)
    : IOException($"{endpoint} cannot be listened on: {cause.Message}", cause)
{
    public IPEndPoint Endpoint { get; } = endpoint;

    public SocketException Cause { get; } = cause;
}
