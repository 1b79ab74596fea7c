using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using SseServer.Delivery;
using SseServer.Protocol.EventStream;

namespace SseServer.Bench.Micro;

/// <summary>
/// What an envelope costs for each frame, beside the copy that a plain stream of several topics makes: once a shard for a new event
/// (<see cref="Render"/>), and for each further subscriber (<see cref="Find"/>).
/// </summary>
[MemoryDiagnoser]
public class EnvelopeBenchmarks : IDisposable
{
    private readonly byte[] _scratch = new byte[64 * 1024];
    private readonly byte[] _frame = new byte[32 * 1024];
    private readonly Reader _reader = new() { Representation = Representation.Envelope };
    private readonly FrameRenderer _renderer = new();
    private int _prefixLength;
    private int _length;
    private long _id;

    [Params(64, 1024, 8 * 1024)]
    public int DataBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var data = new byte[DataBytes];
        data.AsSpan().Fill((byte)'x');
        var block = new byte[DataBytes + 100];
        EventName.TryCreate("price"u8, out var name);
        var length = EventStreamEncoder.Write(block, new ServerSentEvent { Name = name, Data = data, RetryMilliseconds = -1 });
        _length = EventFrame.Write(_frame, "1763790000123-0"u8, block.AsSpan(0, length), hasPublisherId: false, out _prefixLength);
        _id = EventId.FirstAt(1763790000123).Value;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _renderer.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _frame.AsSpan(0, _length).CopyTo(_scratch);

    [Benchmark]
    public void Render()
    {
        _id++;
        Find();
    }

    [Benchmark]
    public void Find()
    {
        var payload = EventFrame.Payload(_frame.AsSpan(0, _length), _prefixLength);
        var rendered = _renderer.Render(_reader, new SourceFrame("orders/42"u8, new(_id), payload), isFirst: false);
        rendered.AsSpan().CopyTo(_scratch);
    }

    private sealed class Reader : Subscription
    {
        protected internal override PipeWriter Output => throw new NotSupportedException();

        protected internal override int TrySend(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

        protected internal override void OnEnded(StreamEnding ending)
        {
        }
    }
}
