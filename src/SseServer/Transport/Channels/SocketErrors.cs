using System.Net.Sockets;

namespace SseServer.Transport.Channels;

/// <summary>Maps an error of send or receive to the reason for the end.</summary>
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
