using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SseServer.Bench.FanOut.Soak;

/// <summary>
/// The reading side of a soak: a reader that times the probe, streams that come, go and resume, and readers that stop reading.
/// </summary>
internal sealed class SoakReading(SoakClient client, int seed, int streams, CancellationToken cancellation)
{
    private const int StalledReaders = 10;

    // More than the patterns that a server keeps by default, so that some make room for others.
    private const int DistinctPatterns = 400;

    private static readonly TimeSpan StallTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MeanStay = TimeSpan.FromSeconds(30);

    /// <summary>The parts, each of which runs until the soak is over.</summary>
    public IEnumerable<Task> Start()
    {
        yield return Soaking.RunAsync(client, "probe's reader", 1, _ => ReadProbeAsync(), cancellation);
        for (var i = 0; i < streams; i++)
        {
            var random = new Random(HashCode.Combine(seed, i));
            string? last = null;
            yield return Soaking.RunAsync(client, "streams", 10, async _ => last = await StayAsync(random, last), cancellation);
        }
        for (var i = 0; i < StalledReaders; i++)
            yield return Soaking.RunAsync(client, "stalled readers", 1, _ => StallAsync(), cancellation);
    }

    private async Task ReadProbeAsync()
    {
        using var response = await client.OpenAsync($"/events/{SoakPublishing.ProbeTopic}", null, cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (long.TryParse(line.AsSpan(6), CultureInfo.InvariantCulture, out var sent))
                client.AddLatency(Stopwatch.GetTimestamp() - sent);
        }
    }

    /// <summary>Reads a stream for a while and goes without a word; returns the last id, for the next stream to resume after.</summary>
    private async Task<string?> StayAsync(Random random, string? last)
    {
        using var stay = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stay.CancelAfter(MeanStay * (0.1 + 1.8 * random.NextDouble()));
        var isResumed = last is not null && random.Next(2) == 0;
        try
        {
            using var response = await client.OpenAsync(Target(random), isResumed ? last : null, stay.Token);
            var what = isResumed ? "streams resumed" : "streams opened";
            client.Count(response.StatusCode == HttpStatusCode.OK ? what : $"streams: {(int)response.StatusCode}");
            await using var body = await response.Content.ReadAsStreamAsync(stay.Token);
            var buffer = new byte[8 * 1024];
            while (await body.ReadAsync(buffer, stay.Token) is > 0 and var length) last = LastId(buffer.AsSpan(0, length)) ?? last;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It had stayed long enough.
        }
        return last;
    }

    private static string Target(Random random) => random.Next(8) switch
    {
        0 => $"/events?topic=soak/job/*&topic={SoakPublishing.ChangingTopic(random)}",
        1 => "/events?topic=soak/keyed/*&since=latest",
        2 => "/events?topic=soak/**&types=none",
        3 or 4 => $"/events?topic=soak/*/{random.Next(DistinctPatterns)}&since=all",
        5 => $"/events?topic={SoakPublishing.ChangingTopic(random)}&since=1m&topic=soak/nobody-publishes/{random.Next(1_000)}",
        _ => $"/events?topic={SoakPublishing.ChangingTopic(random)}&since=all",
    };

    private static string? LastId(ReadOnlySpan<byte> text)
    {
        var start = text.LastIndexOf("\nid: "u8);
        if (start < 0) return null;
        text = text[(start + 5)..];
        var end = text.IndexOf((byte)'\n');
        return end > 0 ? Encoding.UTF8.GetString(text[..end]) : null;
    }

    // The smallest receive buffer, so that the server soon can send no more.
    private async Task StallAsync()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(client.EndPoint, cancellation);
        await socket.SendAsync("GET /events?topic=soak/**&since=all HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"u8.ToArray(), cancellation);
        await Task.Delay(StallTime, cancellation);
        client.Count("readers that stalled");
    }
}
