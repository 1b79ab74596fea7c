using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace SseServer.Transport;

/// <summary>
/// Tells when a socket has something to read: bytes, the end, or an error. It waits with a receive of zero bytes, so the kernel
/// never holds a buffer of ours, and the caller then reads without blocking. One per connection, for its whole life.
/// </summary>
/// <remarks>
/// One wait at a time. <see cref="Interrupt"/> may come from any thread and ends the wait, and every later one, early; the receive
/// stays in flight then and serves the next wait. A wait may end for nothing: the read that follows says "would block" and one
/// waits again.
/// </remarks>
internal sealed class SocketReceiver : SocketAsyncEventArgs, IValueTaskSource
{
    private readonly Socket _socket;
    private ManualResetValueTaskSourceCore<bool> _wait;
    private int _waiting;
    private bool _inFlight;
    private bool _interrupted;

    // The base gets true: no execution context flows to completions.
    public SocketReceiver(Socket socket)
        : base(true) => _socket = socket;

    /// <summary>
    /// Whether a wait ends on a thread of the pool, and not on the one that noticed, which has others to serve: for what follows
    /// with much work.
    /// </summary>
    public bool EndsOnPool
    {
        set => _wait.RunContinuationsAsynchronously = value;
    }

    public bool IsInterrupted => Volatile.Read(ref _interrupted);

    /// <summary>Completes when a read would not block.</summary>
    public ValueTask WhenReadableAsync()
    {
        Begin();
        return new ValueTask(this, _wait.Version);
    }

    /// <summary>Calls back when a read would not block; never on the caller's stack.</summary>
    public void WhenReadable(Action<object?> callback, object state)
    {
        Begin();
        _wait.OnCompleted(callback, state, _wait.Version, ValueTaskSourceOnCompletedFlags.None);
    }

    /// <summary>Ends the pending wait, on a thread of the pool, and all waits until <see cref="ClearInterrupt"/>.</summary>
    public void Interrupt()
    {
        Volatile.Write(ref _interrupted, true);
        ThreadPool.UnsafeQueueUserWorkItem(static receiver => receiver.Signal(), this, preferLocal: false);
    }

    public void ClearInterrupt() => Volatile.Write(ref _interrupted, false);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        Volatile.Write(ref _inFlight, false);
        Signal();
    }

    private void Begin()
    {
        _wait.Reset();

        // A full fence between raising _waiting and reading _inFlight, and OnCompleted has one (in Signal) between clearing _inFlight and
        // reading _waiting: without them each side could miss the other, and a wait on a receive that has just completed would never end.
        Interlocked.Exchange(ref _waiting, 1);
        if (IsInterrupted)
        {
            Signal();
            return;
        }

        if (Volatile.Read(ref _inFlight)) return;
        Volatile.Write(ref _inFlight, true);
        if (_socket.ReceiveAsync(this)) return;
        Volatile.Write(ref _inFlight, false);
        Signal();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _wait.SetResult(true);
    }
}
