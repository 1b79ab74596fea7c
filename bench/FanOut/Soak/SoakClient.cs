using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace SseServer.Bench.FanOut.Soak;

/// <summary>
/// What the parts of a soak share: the connections to one server, what the answers were, and the latencies. Any thread may use it.
/// </summary>
internal sealed class SoakClient(IPEndPoint server) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) })
    {
        BaseAddress = new Uri($"http://{server}"),
        Timeout = Timeout.InfiniteTimeSpan,
    };
    private readonly Lock _gate = new();
    private readonly LatencySamplesPair _latency = new();
    private readonly Dictionary<string, long> _counts = [];

    public IPEndPoint EndPoint => server;

    /// <summary>
    /// Sends a request whose answer ends by itself, and counts the answer under <paramref name="what"/>: apart where its status is
    /// another than expected.
    /// </summary>
    public async Task<HttpStatusCode> SendAsync(
        string what, HttpStatusCode expected, HttpMethod method, string path, string? body, CancellationToken cancellation,
        string type = "text/plain")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        using var response = await _http.SendAsync(request, cancellation);
        await response.Content.LoadIntoBufferAsync(cancellation);
        Count(response.StatusCode == expected ? what : $"{what}: {(int)response.StatusCode} instead of {(int)expected}");
        return response.StatusCode;
    }

    /// <summary>Opens a stream; the caller disposes of the response, which closes the connection.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path, string? lastEventId, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    public Task<string> MetricsAsync(CancellationToken cancellation) => _http.GetStringAsync("/metrics", cancellation);

    public void Count(string what, long by = 1)
    {
        lock (_gate) _counts[what] = _counts.GetValueOrDefault(what) + by;
    }

    public IReadOnlyDictionary<string, long> Counts()
    {
        lock (_gate) return new Dictionary<string, long>(_counts);
    }

    public void AddLatency(long ticks)
    {
        lock (_gate) _latency.Current.Add(ticks);
    }

    /// <summary>The median and the 99th percentile of the latencies since the last call, in microseconds.</summary>
    public (double P50, double P99) TakeLatency()
    {
        var samples = _latency.Current;
        lock (_gate) _latency.Swap();
        var taken = (samples.Microseconds(0.5), samples.Microseconds(0.99));
        samples.Clear();
        return taken;
    }

    public void Dispose() => _http.Dispose();

    private sealed class LatencySamplesPair
    {
        private Load.LatencySamples _other = new();

        public Load.LatencySamples Current { get; private set; } = new();

        public void Swap() => (Current, _other) = (_other, Current);
    }
}
