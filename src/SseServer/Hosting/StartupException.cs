using System.Net.Sockets;

namespace SseServer.Hosting;

/// <summary>
/// The server cannot start for a reason that its operator can fix. The message is one whole sentence that says what is wrong and what to
/// do; it is printed without a stack trace.
/// </summary>
internal sealed class StartupException : Exception
{
    public StartupException(string sentence, Exception? cause = null)
        : base(sentence, cause)
    {
    }

    /// <summary>The failure to bind <paramref name="address"/>, written as <c>HOST:PORT</c>.</summary>
    public static StartupException CannotListen(string address, SocketException cause) => new(
        cause.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse =>
                $"{address} is already in use; stop the program that listens there, or choose another address with --listen HOST:PORT "
                    + "(port 0 takes a free port).",
            SocketError.AccessDenied =>
                $"{address} may not be bound by this user; choose port 1024 or higher with --listen HOST:PORT, or grant the right to bind "
                    + "low ports.",
            SocketError.AddressNotAvailable =>
                $"{address} is not an address of this machine; choose one that is with --listen HOST:PORT, or * for all of them.",
            SocketError.AddressFamilyNotSupported =>
                $"{address} cannot be bound because this machine has no IPv6; choose an IPv4 address with --listen HOST:PORT.",
            _ => $"{address} cannot be listened on: {cause.Message.TrimEnd('.')}; choose another address with --listen HOST:PORT.",
        },
        cause);
}
