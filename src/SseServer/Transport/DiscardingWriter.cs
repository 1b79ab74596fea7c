using System.Buffers;

namespace SseServer.Transport;

/// <summary>Takes bytes and forgets them.</summary>
internal sealed class DiscardingWriter : IBufferWriter<byte>
{
    private byte[] _sink = new byte[4096];

    public void Advance(int count)
    {
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint > _sink.Length) _sink = new byte[sizeHint];
        return _sink;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
