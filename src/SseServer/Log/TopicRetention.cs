namespace SseServer.Log;

/// <summary>
/// How much of a topic is kept. History is let go a segment at a time, and a segment holds at most an eighth of each bound: at
/// least <see cref="MaxEvents"/> events are kept (never more than an eighth above it), at most <see cref="MaxBytes"/> bytes of
/// frames, and nothing for more than an eighth longer than <see cref="MaxAge"/>.
/// </summary>
internal sealed record TopicRetention
{
    // A burst of some minutes at tens of events a second: what a reconnect after a lost network or a closed lid needs.
    public int MaxEvents { get; init; } = 10_000;

    // The default count at a generous 1.6 KB an event.
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Keys whose newest event is kept beyond the other bounds; what was longest without a newer one goes first.</summary>
    // As many as events by default; with events of 1.6 KB another 16 MB at the most.
    public int MaxKeys { get; init; } = 10_000;

    // A browser tab that comes back the next day gets a gap rather than stale news.
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    internal int SegmentEvents => Math.Max(1, MaxEvents / 8);

    internal int SegmentBytes => (int)Math.Clamp(MaxBytes / 8, 256, LogSegment.MaxBytes);

    internal long SegmentMilliseconds => Math.Max(1, (long)MaxAge.TotalMilliseconds / 8);
}
