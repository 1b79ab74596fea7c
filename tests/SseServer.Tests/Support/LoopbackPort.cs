using System.Net;
using System.Net.Sockets;

namespace SseServer.Tests.Support;

/// <summary>Ports of the loopback address, for programs that cannot choose one themselves.</summary>
internal static class LoopbackPort
{
    /// <summary>A port that nothing uses at the moment.</summary>
    public static int TakeFree()
    {
        using var socket = NewSocket();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Whether something listens on a port.</summary>
    public static bool IsListening(int port)
    {
        using var socket = NewSocket();
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket NewSocket() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
}
