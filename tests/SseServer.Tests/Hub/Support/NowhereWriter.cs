using System.IO.Pipelines;

namespace SseServer.Tests.Hub.Support;

/// <summary>An output that takes everything and keeps nothing; one for each thread that writes.</summary>
internal sealed class NowhereWriter : PipeWriter
{
    [ThreadStatic]
    private static NowhereWriter? _ofThread;

    private byte[] _buffer = new byte[4096];

    public static NowhereWriter OfThread => _ofThread ??= new();

    public override void Advance(int bytes)
    {
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_buffer.Length < sizeHint) _buffer = new byte[sizeHint];
        return _buffer;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
