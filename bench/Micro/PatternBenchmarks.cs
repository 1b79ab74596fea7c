using System.Text;
using BenchmarkDotNet.Attributes;
using SseServer.Protocol.Topics;

namespace SseServer.Bench.Micro;

/// <summary>A topic's name against a pattern: for each pattern when a topic comes, for each topic when a pattern comes.</summary>
[MemoryDiagnoser]
public class PatternBenchmarks
{
    private TopicPattern _pattern = null!;
    private byte[] _topic = null!;

    [Params("orders/*", "orders/**", "*/42/items/*")]
    public string Pattern { get; set; } = "";

    [Params("orders/42", "orders/42/items/7")]
    public string Topic { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        if (!TopicPattern.TryCreate(Encoding.UTF8.GetBytes(Pattern), out var pattern, out var problem))
            throw new InvalidOperationException(problem);
        _pattern = pattern!;
        _topic = Encoding.UTF8.GetBytes(Topic);
    }

    [Benchmark]
    public bool Matches() => _pattern.Matches(_topic);
}
