using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>What an error of send or receive says about the peer.</summary>
internal static class SocketErrors
{
    public static CloseReason ToCloseReason(SocketError error) => error switch
    {
        SocketError.Success => CloseReason.PeerFinished,
        SocketError.TimedOut
            or SocketError.HostDown
            or SocketError.HostUnreachable
            or SocketError.NetworkDown
            or SocketError.NetworkUnreachable => CloseReason.PeerVanished,
        _ => CloseReason.PeerReset,
    };
}
