namespace SseServer.Relay;

/// <summary>What one relay counts. Its task alone writes; anybody reads.</summary>
internal sealed class RelayCounters(string topic)
{
    public string Topic { get; } = topic;

    public bool IsUp { get; set; }

    public long Events { get; set; }

    public long Reconnects { get; set; }

    public long Repeats { get; set; }

    public long Dropped { get; set; }

    public long Gaps { get; set; }
}
