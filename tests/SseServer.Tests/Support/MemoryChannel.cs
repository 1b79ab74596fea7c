using System.IO.Pipelines;
using System.Net;
using SseServer.Transport;
using SseServer.Transport.Channels;

namespace SseServer.Tests.Support;

/// <summary>
/// A connection without a socket: the server's end of two pipes, whose other end is <see cref="Client"/>. Everything above the socket is
/// the program's own. The pipes have no bound, so a peer that does not read, and a reset, are for tests with sockets.
/// </summary>
internal sealed class MemoryChannel : IRawChannel
{
    private readonly Lock _gate = new();
    private readonly MemoryPipe _input;
    private readonly MemoryPipe _output;
    private Action<object?>? _callback;
    private object? _callbackState;
    private int _closeReason;
    private bool _isInterrupted;

    public MemoryChannel(TransportBuffers buffers, IPEndPoint peer)
    {
        Peer = peer;
        _input = new MemoryPipe(Pulse);
        var client = new MemoryClientStream(_input);
        _output = client.Input;
        Client = client;
        Output = new MemoryOutput(this, buffers, _output);
    }

    /// <summary>The client's end.</summary>
    public Stream Client { get; }

    public IPEndPoint Peer { get; }

    public ConnectionOutput Output { get; }

    public CloseReason CloseReason => (CloseReason)Volatile.Read(ref _closeReason);

    public bool IsAborted { get; private set; }

    public bool IsInterrupted => Volatile.Read(ref _isInterrupted);

    public int AvailableBytes => _input.Available;

    public bool MayHoldData => false;

    // A wait always ends on a thread of the pool.
    public bool ResumesOnPool
    {
        set { }
    }

    public bool TryRecord(CloseReason reason) => Interlocked.CompareExchange(ref _closeReason, (int)reason, 0) == 0;

    public void Abort(CloseReason reason)
    {
        TryRecord(reason);
        IsAborted = true;
        _input.Complete();
        _output.Complete();
        Interrupt();
    }

    public ValueTask WhenReadableAsync()
    {
        var readable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        WhenReadable(static state => ((TaskCompletionSource)state!).SetResult(), readable);
        return new ValueTask(readable.Task);
    }

    public void WhenReadable(Action<object?> callback, object state)
    {
        lock (_gate)
        {
            Assert.That(_callback, Is.Null, "one wait at a time");
            (_callback, _callbackState) = (callback, state);
        }

        Pulse();
    }

    public void Interrupt()
    {
        Volatile.Write(ref _isInterrupted, true);
        Pulse();
    }

    public void ClearInterrupt() => Volatile.Write(ref _isInterrupted, false);

    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        while (!_input.IsReadable && !IsInterrupted) await WhenReadableAsync();
        return _input.Read(buffer.Span);
    }

    public InputState Peek() => Peek(stackalloc byte[1], out _);

    public InputState Peek(Span<byte> buffer, out int peeked) => ToInputState(peeked = _input.Peek(buffer));

    public InputState Receive(Memory<byte> buffer, out int read) => Receive(buffer.Span, out read);

    public InputState Receive(Span<byte> buffer, out int read) => ToInputState(read = _input.Read(buffer));

    public void BeginStream(int maxProtocolBytes)
    {
    }

    public Task CloseAsync() => Task.CompletedTask;

    public bool TryShutdownSend()
    {
        _output.Complete();
        return true;
    }

    public bool TryShutdownReceive()
    {
        _input.Complete();
        return true;
    }

    public void Dispose()
    {
        _input.Complete();
        _output.Complete();
    }

    private void Pulse()
    {
        Action<object?> callback;
        object? state;
        lock (_gate)
        {
            if (_callback is null || (!IsInterrupted && !_input.IsReadable)) return;
            (callback, state) = (_callback, _callbackState);
            _callback = null;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static wait => wait.Callback(wait.State), (Callback: callback, State: state), preferLocal: false);
    }

    private InputState ToInputState(int bytes)
    {
        if (bytes > 0) return InputState.Data;
        if (!_input.IsComplete) return InputState.Nothing;
        TryRecord(CloseReason.PeerFinished);
        return InputState.End;
    }

    /// <summary>Every send is accepted whole until the client has closed its end.</summary>
    private sealed class MemoryOutput(IConnectionEnd end, TransportBuffers buffers, MemoryPipe pipe) : ConnectionOutput(end, buffers)
    {
        public override bool IsPending => false;

        public override long PendingSince => 0;

        public override int TrySend(ReadOnlySpan<byte> bytes)
        {
            ThrowUnlessIdle(isPending: false);
            return SendNow(bytes);
        }

        protected override int SendNow(ReadOnlySpan<byte> bytes)
        {
            if (!IsBroken && pipe.TryWrite(bytes)) return bytes.Length;
            IsBroken = true;
            End.TryRecord(CloseReason.PeerReset);
            return -1;
        }

        protected override ValueTask<FlushResult> SendLater(ReadOnlyMemory<byte> rest) => throw new NotSupportedException();
    }
}
