using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Bench.Micro;

/// <summary>
/// From a publish until the last of a shard's readers has the event, over connections that take everything and cost nothing: what
/// the hub itself adds to each send. One reader is served on the publisher's thread, many on the shard's.
/// </summary>
[MemoryDiagnoser]
public class PumpBenchmarks : IDisposable
{
    private static readonly byte[] Data = new byte[64];
    private readonly PublishBatch _batch = new();
    private EventHub _hub = null!;
    private Delivery _delivery = null!;
    private long _expected;

    [Params(1, 100, 10_000, 100_000)]
    public int Readers { get; set; }

    /// <summary>One topic goes out as it lies; several, or a pattern, are gathered by id.</summary>
    [Params("a", "a b", "*")]
    public string Selectors { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _hub = new EventHub(HubOptions.Default with { Shards = 1, Retention = new TopicRetention { MaxEvents = 1000 } },
            TimeProvider.System);
        _delivery = new Delivery();
        _expected = 0;
        var selectors = Array.ConvertAll(Selectors.Split(' '), text =>
            Selector.TryCreate(System.Text.Encoding.UTF8.GetBytes(text), out var selector, out _) ? selector
                : throw new InvalidOperationException());
        Reader? last = null;
        for (var i = 0; i < Readers; i++)
        {
            var reader = new Reader(_delivery);
            _hub.AcquireAsync(reader, selectors, ResumePoint.Head).AsTask().Wait();
            EventHub.Join(reader);
            last = reader;
        }

        // The pass that runs may have begun before the last one joined.
        for (var i = 0; i < 2; i++) last!.Inbox.NextPass().Wait();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _hub.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void PublishToLastReader()
    {
        TopicName.TryCreate("a"u8, out var topic, out _);
        _batch.Clear();
        _batch.Add(topic, new ServerSentEvent { Data = Data, RetryMilliseconds = -1 });
        ((MemoryPublisher)_hub.Publisher).Publish(_batch);
        _expected += Readers;
        var spin = new SpinWait();
        while (_delivery.Count < _expected) spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Counts the sends of one shard: written by one thread, read by another.</summary>
    private sealed class Delivery
    {
        private long _count;

        public long Count => Volatile.Read(ref _count);

        public void CountOne() => Volatile.Write(ref _count, _count + 1);
    }

    private sealed class Reader(Delivery delivery) : Subscription
    {
        // The one shard alone writes to it, and nothing of it is kept.
        private static readonly PipeWriter Nowhere = PipeWriter.Create(Stream.Null);

        protected internal override PipeWriter Output => Nowhere;

        protected internal override int TrySend(ReadOnlySpan<byte> bytes)
        {
            delivery.CountOne();
            return bytes.Length;
        }

        protected internal override void OnEnded(StreamEnding ending)
        {
        }
    }
}
