using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SseServer.Transport.Channels;

/// <summary>
/// send(2) without the bookkeeping of <see cref="Socket.Send(ReadOnlySpan{byte}, SocketFlags, out SocketError)"/>, which takes about as
/// much user time as the rest of a delivery. The steady workload of bench/FanOut shows it.
/// </summary>
internal static partial class LinuxSend
{
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;

    private const int Interrupted = 4;
    private const int Again = 11;
    private const int BrokenPipe = 32;
    private const int NoBuffers = 105;
    private const int TimedOut = 110;
    private const int HostDown = 112;
    private const int HostUnreachable = 113;

    /// <summary>
    /// Sends what the kernel accepts now and returns the number of bytes; 0 with an error. The handle is kept alive during the call, so
    /// that its number cannot be reused for another socket.
    /// </summary>
    public static unsafe int TrySend(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, out SocketError error)
    {
        error = SocketError.Success;
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var sent = Send(socket, start, (nuint)bytes.Length, DontWait | NoSignal);
                if (sent >= 0) return (int)sent;
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Interrupted) continue;
                error = ToSocketError(errno);
                return 0;
            }
        }
    }

    private static SocketError ToSocketError(int errno) => errno switch
    {
        Again => SocketError.WouldBlock,
        NoBuffers => SocketError.NoBufferSpaceAvailable,
        TimedOut => SocketError.TimedOut,
        HostDown => SocketError.HostDown,
        HostUnreachable => SocketError.HostUnreachable,
        BrokenPipe => SocketError.Shutdown,
        _ => SocketError.ConnectionReset,
    };

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(SafeSocketHandle socket, byte* bytes, nuint length, int flags);
}
