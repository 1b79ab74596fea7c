using BenchmarkDotNet.Attributes;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Bench.Micro;

/// <summary>
/// Publishing without subscribers: encoding, the critical section, the append. The allocations are the log itself, which retention
/// releases at the same rate.
/// </summary>
[MemoryDiagnoser]
public class PublishBenchmarks : IDisposable
{
    private readonly PublishBatch _batch = new();
    private EventHub _hub = null!;
    private byte[] _data = [];
    private readonly byte[] _publisherId = new byte[16];
    private long _published;

    [Params(64, 1024)]
    public int DataBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _hub = new EventHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 1000 } },
            TimeProvider.System);
        _data = new byte[DataBytes];
        Array.Fill(_data, (byte)'x');
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _hub.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void One()
    {
        _batch.Clear();
        _batch.Add(TopicName.Default, new ServerSentEvent { Data = _data, RetryMilliseconds = -1 });
        ((MemoryPublisher)_hub.Publisher).Publish(_batch);
    }

    [Benchmark]
    public void OneWithPublisherId()
    {
        (++_published).TryFormat(_publisherId.AsSpan(), out var length);
        PublisherEventId.TryCreate(_publisherId.AsSpan(0, length), out var id);
        _batch.Clear();
        _batch.Add(TopicName.Default, new ServerSentEvent { Id = id, Data = _data, RetryMilliseconds = -1 });
        ((MemoryPublisher)_hub.Publisher).Publish(_batch);
    }

    [Benchmark(OperationsPerInvoke = 100)]
    public void BatchOf100()
    {
        _batch.Clear();
        for (var i = 0; i < 100; i++) _batch.Add(TopicName.Default, new ServerSentEvent { Data = _data, RetryMilliseconds = -1 });
        ((MemoryPublisher)_hub.Publisher).Publish(_batch);
    }
}
