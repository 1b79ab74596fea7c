namespace SseServer.Bench.FanOut.Load;

/// <summary>What the streams of one loop received. Written by the loop's thread alone.</summary>
internal sealed class DeliveryLedger
{
    /// <summary>Events received.</summary>
    public long Delivered { get; set; }

    /// <summary>Events skipped after the server said so (<c>event: gap</c>).</summary>
    public long LostAnnounced { get; set; }

    /// <summary>Events skipped without a word.</summary>
    public long LostSilently { get; set; }

    /// <summary>Events skipped on a stream with keys, which is no loss as long as the newest of each key arrives.</summary>
    public long Superseded { get; set; }

    /// <summary>Events that came again or too late.</summary>
    public long Repeated { get; set; }

    /// <summary>Events whose data was not as published, and bytes that are no event stream.</summary>
    public long Damaged { get; set; }

    /// <summary>Gap events received.</summary>
    public long Gaps { get; set; }

    /// <summary>Streams that the server refused or ended.</summary>
    public long Closed { get; set; }

    /// <summary>Bytes received on streams, framing included.</summary>
    public long Bytes { get; set; }

    /// <summary>When the last event came, in Stopwatch ticks.</summary>
    public long LastAt { get; set; }

    /// <summary>Latencies of events whose number is a multiple of <see cref="SampleEvery"/>.</summary>
    public LatencySamples Latencies { get; } = new();

    /// <summary>A power of two. A flood brings more deliveries than are worth keeping.</summary>
    public int SampleEvery { get; set; } = 1;

    /// <summary>Forgets the latencies: what comes next is measured, what was before was warm-up.</summary>
    public void BeginMeasuring() => Latencies.Clear();
}
