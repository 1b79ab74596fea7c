using System.Diagnostics.Metrics;

namespace SseServer.Presence;

/// <summary>How a delivery to a webhook ended.</summary>
internal enum WebhookResult
{
    /// <summary>The receiver accepted it.</summary>
    Delivered,

    /// <summary>The receiver refused it in a way that another attempt would not change.</summary>
    Refused,

    /// <summary>All attempts failed.</summary>
    GivenUp,

    /// <summary>It was not attempted again: too many topics were waiting, or the server stopped.</summary>
    Dropped,
}

/// <summary>Counts the deliveries of all webhooks together. Safe on any thread.</summary>
internal sealed class WebhookMetrics : IDisposable
{
    private static readonly string[] Labels = ["delivered", "refused", "given_up", "dropped"];

    private readonly long[] _results = new long[Labels.Length];
    private long _retries;

    /// <param name="pending">Reads the number of pending deliveries.</param>
    public WebhookMetrics(Func<int> pending)
    {
        Meter.CreateObservableCounter("sse_webhook_deliveries_total", Results,
            description: "Finished deliveries to webhooks, by result: "
                + "delivered, refused by the receiver, given_up after the last attempt, dropped untried.");
        Meter.CreateObservableCounter("sse_webhook_retries_total", () => Retries,
            description: "Attempts to deliver that failed and were followed by another.");
        Meter.CreateObservableGauge("sse_webhook_pending", pending, description: "Topics with a pending delivery to a webhook.");
    }

    public Meter Meter { get; } = new("SseServer.Presence");

    public void Count(WebhookResult result) => Interlocked.Increment(ref _results[(int)result]);

    public void CountRetry() => Interlocked.Increment(ref _retries);

    public long Retries => Volatile.Read(ref _retries);

    public long this[WebhookResult result] => Volatile.Read(ref _results[(int)result]);

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Results()
    {
        for (var i = 0; i < Labels.Length; i++)
            yield return new(Volatile.Read(ref _results[i]), new KeyValuePair<string, object?>("result", Labels[i]));
    }
}
