using System.IO.Pipelines;

namespace SseServer.Tests.Hub.Support;

/// <summary>An output that takes everything and records only each stream's last <c>retry:</c>; one for each thread that writes.</summary>
internal sealed class RetryReader : PipeWriter
{
    [ThreadStatic]
    private static RetryReader? _ofThread;

    private readonly byte[] _buffer = new byte[4096];
    private ReturningSubscription _reader = null!;
    private int _length;

    /// <summary>The calling thread's instance, as a stream's output.</summary>
    public static RetryReader For(ReturningSubscription reader)
    {
        var writer = _ofThread ??= new();
        if (writer._reader != reader) (writer._reader, writer._length) = (reader, 0);
        return writer;
    }

    public override void Advance(int bytes) => _length += bytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.AsMemory(_length);

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer.AsSpan(_length);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var text = _buffer.AsSpan(0, _length);
        _length = 0;
        var field = text.LastIndexOf("retry: "u8);
        if (field < 0) return default;
        text = text[(field + 7)..];
        _reader.RetryMilliseconds = int.Parse(text[..text.IndexOf((byte)'\n')], null);
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
