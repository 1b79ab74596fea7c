using System.Buffers;
using BenchmarkDotNet.Attributes;
using SseServer.Protocol.EventStream;

namespace SseServer.Bench.Micro;

/// <summary>Encoding an event, once for each publish.</summary>
[MemoryDiagnoser]
public class EncoderBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(64 * 1024);
    private readonly byte[] _frame = new byte[64 * 1024];
    private byte[] _data = [];
    private byte[] _block = [];

    [Params("1 line of 128 B", "10 lines of 128 B", "16 KB")]
    public string Event { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _data = Event switch
        {
            "1 line of 128 B" => Line(128),
            "10 lines of 128 B" => [.. Enumerable.Repeat<byte[]>([.. Line(128), (byte)'\n'], 9).SelectMany(line => line), .. Line(128)],
            _ => Line(16 * 1024),
        };
        Encode();
        _block = _output.WrittenSpan.ToArray();
    }

    [Benchmark(Baseline = true)]
    public int Encode()
    {
        EventName.TryCreate("price"u8, out EventName name);
        _output.ResetWrittenCount();
        EventStreamEncoder.Write(_output, new ServerSentEvent { Name = name, Data = _data });
        return _output.WrittenCount;
    }

    /// <summary>What is left to do under the hub's lock.</summary>
    [Benchmark]
    public int Frame() => EventFrame.Write(_frame, "1763790000123-0"u8, _block, hasPublisherId: false, out _);

    private static byte[] Line(int length) => [.. Enumerable.Repeat((byte)'x', length)];
}
