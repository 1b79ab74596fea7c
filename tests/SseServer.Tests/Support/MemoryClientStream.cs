using SseServer.Transport.Channels;

namespace SseServer.Tests.Support;

/// <summary>The client's end of a <see cref="MemoryChannel"/>.</summary>
internal sealed class MemoryClientStream : AsyncStream
{
    private readonly MemoryPipe _output;
    private readonly SemaphoreSlim _changed = new(0);

    /// <param name="output">What the server reads.</param>
    public MemoryClientStream(MemoryPipe output)
    {
        _output = output;
        Input = new MemoryPipe(() => _changed.Release());
    }

    /// <summary>What the server writes.</summary>
    public MemoryPipe Input { get; }

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!Input.IsReadable) await _changed.WaitAsync(cancellationToken);
        return Input.Read(buffer.Span);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        => _output.TryWrite(buffer.Span) ? ValueTask.CompletedTask : throw new IOException("The server has closed the connection.");

    /// <summary>Sends FIN.</summary>
    public void Finish() => _output.Complete();

    protected override void Dispose(bool disposing)
    {
        _output.Complete();
        Input.Complete();
        base.Dispose(disposing);
    }
}
