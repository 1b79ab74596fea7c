using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using SseServer.Protocol.Http;

namespace SseServer.Bench.Micro;

/// <summary>Reading the head of a request into a reused object.</summary>
[MemoryDiagnoser]
public class RequestParserBenchmarks : IDisposable
{
    private const string BrowserGet =
        "GET /events?topic=orders/42&topic=news HTTP/1.1\r\n"
        + "Host: localhost:8080\r\n"
        + "Connection: keep-alive\r\n"
        + "Accept: text/event-stream\r\n"
        + "Cache-Control: no-cache\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n"
        + "Origin: http://localhost:3000\r\n"
        + "Sec-Fetch-Site: same-site\r\n"
        + "Sec-Fetch-Mode: cors\r\n"
        + "Sec-Fetch-Dest: empty\r\n"
        + "Referer: http://localhost:3000/\r\n"
        + "Accept-Encoding: gzip, deflate, br, zstd\r\n"
        + "Accept-Language: en-GB,en;q=0.9\r\n"
        + "Last-Event-ID: 1763790000123-0\r\n\r\n";

    private const string Post =
        "POST /events/orders/42?event=shipped HTTP/1.1\r\n"
        + "Host: localhost:8080\r\n"
        + "User-Agent: curl/8.14.1\r\n"
        + "Accept: */*\r\n"
        + "Content-Type: text/plain\r\n"
        + "Content-Length: 5\r\n\r\n";

    private readonly RequestHead _head = new();
    private ReadOnlySequence<byte> _browserGet;
    private ReadOnlySequence<byte> _post;

    [GlobalSetup]
    public void Setup()
    {
        _browserGet = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(BrowserGet));
        _post = new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(Post));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _head.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public ParseStatus ParseBrowserGet() => HttpRequestParser.Parse(in _browserGet, ParserLimits.Default, _head, out _, out _);

    [Benchmark]
    public ParseStatus ParsePost() => HttpRequestParser.Parse(in _post, ParserLimits.Default, _head, out _, out _);
}
