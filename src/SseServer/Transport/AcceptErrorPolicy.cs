using System.Net.Sockets;

namespace SseServer.Transport;

/// <summary>What a failed accept says about the listener.</summary>
internal enum AcceptErrorTier
{
    /// <summary>The client left before it was accepted, or its network failed: accept the next one at once.</summary>
    ClientFault,

    /// <summary>Descriptors or memory ran out: the same error would follow at once, so wait before the next accept.</summary>
    ResourcePressure,

    /// <summary>The listening socket itself is unusable.</summary>
    Fatal,
}

/// <summary>
/// Grades errors of accept(2) and paces the attempts after them. Linux reports errors of the pending connection through accept, to be
/// treated as "try again" (accept(2), "Error handling").
/// </summary>
internal static class AcceptErrorPolicy
{
    /// <summary>The first pause under pressure: long enough for a few connections to close.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    /// <summary>The longest pause under pressure, and so the longest that a client waits after descriptors are free again.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>An unknown error counts as pressure: it neither ends the server nor makes it spin.</summary>
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

        // EMFILE and ENFILE are TooManyOpenSockets; ENOBUFS and ENOMEM are NoBufferSpaceAvailable.
        _ => AcceptErrorTier.ResourcePressure,
    };

    /// <summary>The pause after <paramref name="previous"/>, which is zero before the first.</summary>
    public static TimeSpan NextPause(TimeSpan previous)
    {
        if (previous <= TimeSpan.Zero) return FirstPause;
        return previous >= LongestPause / 2 ? LongestPause : previous * 2;
    }
}
