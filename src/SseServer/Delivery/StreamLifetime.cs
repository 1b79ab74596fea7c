namespace SseServer.Delivery;

/// <summary>
/// When a stream ends by itself, and what it is told some time before. Replaced as a whole to let the stream live on: see <see cref="Subscription.TryProlong"/>. Looked at
/// once a second, by the wall clock, which goes on while the machine sleeps.
/// </summary>
/// <param name="noticeAt">When the notice is due; at the stream's beginning where that is later.</param>
/// <param name="endAt">When the stream ends.</param>
/// <param name="notice">A whole block of an event stream.</param>
internal sealed class StreamLifetime(DateTimeOffset noticeAt, DateTimeOffset endAt, ReadOnlyMemory<byte> notice)
{
    /// <summary>Of a stream that was told to end: nothing prolongs it.</summary>
    internal static readonly StreamLifetime Over = new(DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, default);

    public DateTimeOffset NoticeAt { get; } = noticeAt;

    public DateTimeOffset EndAt { get; } = endAt;

    public ReadOnlyMemory<byte> Notice { get; } = notice;

    /// <summary>The notice was written. Only the stream's shard touches it.</summary>
    internal bool IsNoticed { get; set; }
}
