using System.Diagnostics;
using SseServer.Bench.FanOut.Linux;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// One thread's sockets: streams and publishing connections. Everything runs on the caller's thread inside <see cref="RunOnce"/>,
/// so nothing here is locked and the load costs about one core at most.
/// </summary>
internal sealed class LoadLoop : IDisposable
{
    private readonly Epoll _epoll = new();
    private readonly List<LoadSocket> _sockets = [];

    /// <summary>Holds received bytes while they are read; one buffer serves all sockets.</summary>
    public byte[] Buffer { get; } = GC.AllocateArray<byte>(64 * 1024, pinned: true);

    /// <summary>Watches a connected socket. The loop owns it from here on.</summary>
    public void Add(LoadSocket socket)
    {
        _sockets.Add(socket);
        _epoll.Watch(socket.Handle, _sockets.Count - 1);
    }

    /// <summary>Waits for up to <paramref name="milliseconds"/> and serves what is ready.</summary>
    public void RunOnce(int milliseconds)
    {
        foreach (ref readonly var ready in _epoll.Wait(milliseconds))
        {
            var socket = _sockets[ready.Token];
            if (!socket.IsClosed) socket.OnReady(Buffer);
        }
    }

    /// <summary>Runs until <paramref name="isDone"/>, or for <paramref name="limit"/>; false if the time ran out.</summary>
    public bool RunUntil(Func<bool> isDone, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            if (Stopwatch.GetElapsedTime(start) > limit) return false;
            RunOnce(10);
        }
        return true;
    }

    /// <summary>Runs for a time.</summary>
    public void RunFor(TimeSpan time) => RunUntil(static () => false, time);

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        _epoll.Dispose();
    }
}
