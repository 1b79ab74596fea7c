using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SseServer.Transport.Channels;

/// <summary>Options of tcp(7) that the runtime does not name. They are set on Linux only.</summary>
internal static class LinuxSocketOptions
{
    private const int IpProtoTcp = 6;
    private const int TcpUserTimeout = 18;
    private const int TcpNotSentLowWater = 25;

    /// <summary>Lets a socket become writable only while fewer than <paramref name="bytes"/> wait unsent in the kernel.</summary>
    public static void SetNotSentLowWater(Socket socket, int bytes) => Set(socket, TcpNotSentLowWater, bytes);

    /// <summary>
    /// Ends the connection when data stays unacknowledged, or the peer's window stays closed, for this long. Without it a vanished peer
    /// is noticed after about 15 minutes (tcp_retries2).
    /// </summary>
    public static void SetUserTimeout(Socket socket, TimeSpan timeout) => Set(socket, TcpUserTimeout, (int)timeout.TotalMilliseconds);

    private static void Set(Socket socket, int option, int value)
    {
        if (!OperatingSystem.IsLinux()) return;
        socket.SetRawSocketOption(IpProtoTcp, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
    }
}
