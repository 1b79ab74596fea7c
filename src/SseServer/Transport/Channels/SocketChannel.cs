using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace SseServer.Transport.Channels;

/// <summary>A connection's socket: reads, waits for readability, and aborts.</summary>
/// <remarks>
/// <para>It waits with a receive of zero bytes, so the kernel never holds a buffer of ours, and the caller then reads without blocking. An
/// interrupted receive stays in flight and serves the next wait.</para>
/// <para>It is itself the state of its asynchronous receive, because there are up to hundreds of thousands of connections.</para>
/// </remarks>
internal sealed class SocketChannel : SocketAsyncEventArgs, IRawChannel, IValueTaskSource
{
    private readonly Socket _socket;
    private readonly SocketPipeWriter _output;
    private ManualResetValueTaskSourceCore<bool> _wait;
    private int _waiting;
    private int _closeReason;
    private int _aborted;
    private bool _inFlight;
    private bool _interrupted;

    private SocketChannel(Socket socket, TransportBuffers buffers, TimeProvider time)
        : base(true) // No execution context flows to completions.
    {
        _socket = socket;
        _output = new SocketPipeWriter(this, socket, buffers, time);
        Peer = (IPEndPoint)socket.RemoteEndPoint!;
    }

    public IPEndPoint Peer { get; }

    public ConnectionOutput Output => _output;

    public CloseReason CloseReason => (CloseReason)Volatile.Read(ref _closeReason);

    public bool IsAborted => Volatile.Read(ref _aborted) != 0;

    public bool IsInterrupted => Volatile.Read(ref _interrupted);

    public int AvailableBytes => _socket.Available;

    public bool MayHoldData => false;

    public bool ResumesOnPool
    {
        set => _wait.RunContinuationsAsynchronously = value;
    }

    /// <summary>Configures an accepted socket and takes it over.</summary>
    /// <exception cref="SocketException">The peer has left already; the caller disposes of the socket.</exception>
    public static SocketChannel Open(Socket socket, TransportOptions options, TransportBuffers buffers, TimeProvider time)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        LinuxSocketOptions.SetNotSentLowWater(socket, options.NotSentLowWater);
        LinuxSocketOptions.SetUserTimeout(socket, options.StalledWriteTimeout);
        return new SocketChannel(socket, buffers, time);
    }

    public bool TryRecord(CloseReason reason)
        => Interlocked.CompareExchange(ref _closeReason, (int)reason, (int)CloseReason.None) == (int)CloseReason.None;

    public void Abort(CloseReason reason)
    {
        TryRecord(reason);
        if (Interlocked.Exchange(ref _aborted, 1) != 0) return;
        try
        {
            // RST instead of FIN: the kernel drops the bytes that a stalled peer never took.
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection closed in the meantime. What follows then finds nothing to do.
        }

        Interrupt();
    }

    public ValueTask WhenReadableAsync()
    {
        BeginWait();
        return new ValueTask(this, _wait.Version);
    }

    public void WhenReadable(Action<object?> callback, object state)
    {
        BeginWait();
        _wait.OnCompleted(callback, state, _wait.Version, ValueTaskSourceOnCompletedFlags.None);
    }

    public void Interrupt()
    {
        Volatile.Write(ref _interrupted, true);
        ThreadPool.UnsafeQueueUserWorkItem(static channel => channel.EndWait(), this, preferLocal: false);
    }

    public void ClearInterrupt() => Volatile.Write(ref _interrupted, false);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            await WhenReadableAsync();
            return 0;
        }

        while (true)
        {
            // A FIN is no close reason yet: the reader decides whether it is an end or a truncation.
            var read = _socket.Receive(buffer.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success) return read;
            if (error != SocketError.WouldBlock)
            {
                TryRecord(SocketErrors.ToCloseReason(error));
                return 0;
            }

            if (IsInterrupted) return 0;
            await WhenReadableAsync();
        }
    }

    public InputState Peek() => Peek(stackalloc byte[1], out _);

    public InputState Peek(Span<byte> buffer, out int peeked)
    {
        peeked = _socket.Receive(buffer, SocketFlags.Peek, out var error);
        return ToInputState(peeked, error);
    }

    public InputState Receive(Memory<byte> buffer, out int read) => Receive(buffer.Span, out read);

    public InputState Receive(Span<byte> buffer, out int read)
    {
        read = _socket.Receive(buffer, SocketFlags.None, out var error);
        return ToInputState(read, error);
    }

    public void BeginStream(int maxProtocolBytes)
    {
    }

    public Task CloseAsync() => Task.CompletedTask;

    public bool TryShutdownSend() => TryShutdown(SocketShutdown.Send);

    public bool TryShutdownReceive() => TryShutdown(SocketShutdown.Receive);

    public new void Dispose()
    {
        _socket.Dispose();
        base.Dispose();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _wait.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    protected override void OnCompleted(SocketAsyncEventArgs e)
    {
        Volatile.Write(ref _inFlight, false);
        EndWait();
    }

    private void BeginWait()
    {
        _wait.Reset();

        // A full fence between raising _waiting and reading _inFlight; OnCompleted has one (in EndWait) between clearing _inFlight and
        // reading _waiting. Without them each side could miss the other, and a wait on a receive that has just completed would never end.
        Interlocked.Exchange(ref _waiting, 1);
        if (IsInterrupted)
        {
            EndWait();
            return;
        }

        if (Volatile.Read(ref _inFlight)) return;
        Volatile.Write(ref _inFlight, true);
        if (_socket.ReceiveAsync(this)) return;
        Volatile.Write(ref _inFlight, false);
        EndWait();
    }

    private void EndWait()
    {
        if (Interlocked.Exchange(ref _waiting, 0) == 1) _wait.SetResult(true);
    }

    private InputState ToInputState(int bytes, SocketError error)
    {
        if (error == SocketError.WouldBlock) return InputState.Nothing;
        if (bytes > 0) return InputState.Data;
        TryRecord(SocketErrors.ToCloseReason(error));
        return InputState.End;
    }

    private bool TryShutdown(SocketShutdown direction)
    {
        try
        {
            _socket.Shutdown(direction);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
