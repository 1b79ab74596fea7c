namespace SseServer.Delivery;

/// <summary>
/// When a stream ends by itself, and the notice that it gets some time before. Replaced as a whole to prolong the stream
/// (<see cref="Subscription.TryProlong"/>). Checked once a second, by the wall clock, which continues while the machine sleeps.
/// </summary>
/// <param name="noticeAt">When the notice is due; if that is past, it comes with the greeting.</param>
/// <param name="endAt">When the stream ends.</param>
/// <param name="notice">A whole block of the event stream.</param>
internal sealed class StreamLifetime(DateTimeOffset noticeAt, DateTimeOffset endAt, ReadOnlyMemory<byte> notice)
{
    /// <summary>The lifetime of a stream that is ending: it cannot be prolonged.</summary>
    internal static readonly StreamLifetime Over = new(DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, default);

    public DateTimeOffset NoticeAt { get; } = noticeAt;

    public DateTimeOffset EndAt { get; } = endAt;

    public ReadOnlyMemory<byte> Notice { get; } = notice;

    /// <summary>The notice was written. Belongs to the stream's shard.</summary>
    internal bool IsNoticed { get; set; }
}
