using BenchmarkDotNet.Attributes;
using SseServer.Protocol.EventStream;

namespace SseServer.Bench.Micro;

/// <summary>A hub id to text and back: once a publish, once a resume.</summary>
[MemoryDiagnoser]
public class EventIdBenchmarks
{
    private static readonly EventId Id = new((1763790000123L << EventId.SequenceBits) + 42);
    private readonly byte[] _text = "1763790000123-42"u8.ToArray();
    private readonly byte[] _destination = new byte[EventId.MaxTextLength];

    [Benchmark(Baseline = true)]
    public int Format() => Id.Format(_destination);

    [Benchmark]
    public bool Parse() => EventId.TryParse(_text, out _);
}
