using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>
/// Grades errors of accept(2) and paces the attempts after them. Linux reports errors of the pending connection through accept, to be
/// treated like "try again" (accept(2), "Error handling").
/// </summary>
internal static class AcceptErrorPolicy
{
    /// <summary>The first pause under pressure: long enough for a few connections to close.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause under pressure: what a client waits at the most once descriptors are free again.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>An error nobody thought of counts as pressure: it neither ends the server nor makes it spin.</summary>
    public static AcceptErrorTier Grade(SocketError error) => error switch
    {
        SocketError.ConnectionAborted // ECONNABORTED: the client reset before it was accepted.
            or SocketError.ConnectionReset
            or SocketError.Interrupted
            or SocketError.WouldBlock
            or SocketError.TimedOut
            or SocketError.NetworkDown
            or SocketError.NetworkUnreachable
            or SocketError.HostDown
            or SocketError.HostUnreachable
            or SocketError.ProtocolOption
            or SocketError.AccessDenied => AcceptErrorTier.ClientFault, // EPERM: a firewall rule forbids this connection.

        SocketError.NotSocket
            or SocketError.InvalidArgument // EINVAL: the socket does not listen.
            or SocketError.OperationNotSupported
            or SocketError.OperationAborted
            or SocketError.Shutdown => AcceptErrorTier.Fatal,

        // EMFILE and ENFILE are TooManyOpenSockets, ENOBUFS and ENOMEM NoBufferSpaceAvailable.
        _ => AcceptErrorTier.ResourcePressure,
    };

    /// <summary>The pause after <paramref name="previous"/>, which is zero before the first.</summary>
    public static TimeSpan NextPause(TimeSpan previous)
    {
        if (previous <= TimeSpan.Zero) return FirstPause;
        return previous >= LongestPause / 2 ? LongestPause : previous * 2;
    }
}
