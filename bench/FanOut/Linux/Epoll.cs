using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SseServer.Bench.FanOut.Linux;

/// <summary>
/// An edge-triggered epoll set. Used directly because one thread can then hold ten thousand sockets for the price of the system
/// calls alone: every microsecond the load costs is taken from the server on the same machine. See epoll(7).
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 0x1;
    private const uint Writable = 0x4;
    private const uint PeerClosed = 0x2000;
    private const uint EdgeTriggered = 1u << 31;
    private const int Interrupted = 4;

    private readonly int _descriptor;
    private readonly ReadyEvent[] _ready = new ReadyEvent[512];

    public Epoll()
    {
        _descriptor = Create(0);
        if (_descriptor < 0) throw new Win32Exception();
    }

    /// <summary>
    /// Watches a socket, until it is closed, for reading and writing. <paramref name="token"/> comes back in <see cref="Wait"/>.
    /// </summary>
    public void Watch(SafeHandle socket, int token)
    {
        var interest = new ReadyEvent { Events = Readable | Writable | PeerClosed | EdgeTriggered, Token = token };
        if (Control(_descriptor, Add, socket.DangerousGetHandle().ToInt32(), ref interest) < 0) throw new Win32Exception();
    }

    /// <summary>
    /// Waits for up to <paramref name="milliseconds"/> (-1 waits without limit) and returns what became ready, valid until the next call.
    /// </summary>
    public ReadOnlySpan<ReadyEvent> Wait(int milliseconds)
    {
        var count = WaitFor(_descriptor, _ready, _ready.Length, milliseconds);
        if (count >= 0) return _ready.AsSpan(0, count);
        var error = Marshal.GetLastPInvokeError();
        return error == Interrupted ? [] : throw new Win32Exception(error);
    }

    public void Dispose() => _ = Close(_descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int set, int operation, int descriptor, ref ReadyEvent interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitFor(int set, [Out] ReadyEvent[] ready, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
