namespace SseServer.Log;

/// <summary>
/// How much of a topic is retained. History is evicted a segment at a time, and a segment holds at most an eighth of each bound: the newest
/// <see cref="MaxEvents"/> events are retained (and at most an eighth more), at most <see cref="MaxBytes"/> bytes of frames, and nothing
/// for more than an eighth longer than <see cref="MaxAge"/>.
/// </summary>
internal sealed record TopicRetention
{
    /// <summary>Events per topic; 10,000 by default.</summary>
    // Some minutes at tens of events a second: enough to reconnect after a lost network or a closed lid.
    public int MaxEvents { get; init; } = 10_000;

    /// <summary>Bytes of frames per topic; 16 MiB by default.</summary>
    // The default number of events at a generous 1.6 KB an event.
    public long MaxBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Keys whose newest event is retained beyond the other bounds, 10,000 by default. The key that has had no newer event for longest is
    /// evicted first.
    /// </summary>
    // As many as events by default; with events of 1.6 KB at most another 16 MB.
    public int MaxKeys { get; init; } = 10_000;

    /// <summary>How long an event is retained; 24 hours by default.</summary>
    // A browser tab that comes back the next day gets a gap rather than stale news.
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    internal int SegmentEvents => Math.Max(1, MaxEvents / 8);

    internal int SegmentBytes => (int)Math.Clamp(MaxBytes / 8, 256, LogSegment.MaxBytes);

    internal long SegmentMilliseconds => Math.Max(1, (long)MaxAge.TotalMilliseconds / 8);
}
