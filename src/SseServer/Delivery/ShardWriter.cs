using System.Buffers;
using System.IO.Pipelines;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;

namespace SseServer.Delivery;

/// <summary>
/// What one shard writes into streams itself, at frame boundaries: the greeting, gaps, positions, heartbeats, notices, the end, and the
/// rest of a frame that a send stopped in. It observes writes that do not complete at once, and schedules heartbeats. Used only by the
/// thread that runs the shard.
/// </summary>
internal sealed class ShardWriter(
    HubOptions options, HubClock clock, CursorPlacement placement, PinnedHistory pinned, ReconnectionTimes times)
{
    /// <summary>A rest larger than this is sent from its segment, which it pins; a smaller one is copied.</summary>
    public const int MaxCopiedRest = 16 * 1024;

    private readonly ArrayBufferWriter<byte> _block = new(256);
    private readonly long _heartbeatInterval = (long)options.HeartbeatInterval.TotalMilliseconds;

    // A comment without a blank line: some clients dispatch an empty event at every blank line.
    private static ReadOnlySpan<byte> HeartbeatChunk => "2\r\n:\n\r\n"u8;

    /// <summary>The clock at the beginning of the shard's pass.</summary>
    public long Now { get; set; }

    /// <summary>Writes the rest of the response's head and the greeting.</summary>
    public void WriteGreeting(Subscription subscription, EventId? position)
    {
        subscription.WritePreamble(position);
        subscription.Preamble = default;
        var now = clock.Now;
        _block.ResetWrittenCount();
        if (subscription.Representation == Representation.Json)
        {
            PollBlocks.WriteStart(_block);
            WriteBlock(subscription);
            return;
        }

        if (subscription.HasGreetingEvent) ControlBlocks.WriteGreeting(_block, position, times.Next(), now);
        else ControlBlocks.WriteSilentGreeting(_block, position, times.Next());
        if (subscription.Lifetime is { IsNoticed: false } lifetime && lifetime.NoticeAt <= now) AppendNotice(lifetime);
        WriteBlock(subscription);
    }

    /// <summary>Announces that events were lost.</summary>
    /// <param name="subscription">Who lost them.</param>
    /// <param name="lost">The names of the logs that lost some.</param>
    /// <param name="after">The last id that the client has, if any.</param>
    /// <param name="first">The first event that follows, if any.</param>
    public void WriteGap(Subscription subscription, List<byte[]> lost, string? after, EventId? first)
    {
        subscription.Poll?.Announce(lost, after, first);
        if (subscription.Representation == Representation.Json) return;
        _block.ResetWrittenCount();
        ControlBlocks.WriteGap(_block, lost, after, first);
        WriteBlock(subscription);
    }

    /// <summary>Moves the client's resume point.</summary>
    public void WritePosition(Subscription subscription, EventId position)
    {
        if (subscription.Representation == Representation.Json) return;
        BufferPosition(subscription, position);
        Flush(subscription);
    }

    /// <summary>Writes the notice that a stream gets before its lifetime ends.</summary>
    public void WriteNotice(Subscription subscription, StreamLifetime lifetime)
    {
        // The client asks again before long, and then learns that its token has expired.
        if (subscription.Representation == Representation.Json) return;
        _block.ResetWrittenCount();
        AppendNotice(lifetime);
        WriteBlock(subscription);
        ScheduleHeartbeat(subscription);
    }

    public void WriteHeartbeat(Subscription subscription)
    {
        if (subscription.Representation == Representation.Json)
        {
            // White space, which a JSON document may have there (RFC 8259 section 2).
            _block.ResetWrittenCount();
            _block.Write("\n"u8);
            WriteBlock(subscription);
            ScheduleHeartbeat(subscription);
            return;
        }

        if (subscription.HasHeartbeatEvents) BufferHeartbeatEvent(subscription, position: null);
        else subscription.Output.Write(subscription.IsChunked ? HeartbeatChunk : HeartbeatChunk[3..5]);
        CatchUpPosition(subscription);
        Flush(subscription);
        ScheduleHeartbeat(subscription);
    }

    /// <summary>Buffers a heartbeat event that moves the client's resume point to a position, in front of the stream's end.</summary>
    public void BufferHeartbeatEvent(Subscription subscription, EventId? position)
    {
        _block.ResetWrittenCount();
        ControlBlocks.WriteHeartbeatEvent(_block, clock.UnixMilliseconds, position);
        BufferBlock(subscription);
    }

    /// <summary>
    /// Writes the end of the stream: the last position, a reconnection time if there is one, and the last chunk, which a temporary end may
    /// lack.
    /// </summary>
    public void WriteEnd(Subscription subscription)
    {
        if (subscription.Representation == Representation.Json) BufferPollEnd(subscription);
        else CatchUpPosition(subscription);
        if (subscription.EndRetryMilliseconds > 0 && subscription.Representation != Representation.Json)
        {
            _block.ResetWrittenCount();
            ControlBlocks.WriteRetry(_block, subscription.EndRetryMilliseconds);
            BufferBlock(subscription);
        }

        if (subscription.IsChunked && !subscription.IsEndTruncated) subscription.Output.Write(ChunkEnvelope.End);
        Flush(subscription);
    }

    /// <summary>Sends the rest of a frame as the connection takes it: a short one is copied, a long one is sent from its segment.</summary>
    /// <param name="subscription">Whose frame it is.</param>
    /// <param name="rest">The rest of the frame.</param>
    /// <param name="owner">The segment that holds it; null if it is in a shared buffer, so that a long one is copied too.</param>
    public void WriteRest(Subscription subscription, ReadOnlyMemory<byte> rest, LogSegment? owner)
    {
        if (rest.Length <= MaxCopiedRest)
        {
            subscription.Output.Write(rest.Span);
            Flush(subscription);
            return;
        }

        if (owner is null) rest = rest.ToArray();
        pinned.Add(subscription, owner, rest.Length);
        Observe(subscription, subscription.Output.WriteAsync(rest));
        if (!subscription.IsBusy) pinned.Remove(subscription);
        else if (pinned.IsOverBound) pinned.CutLongest();
    }

    /// <summary>Sets the next heartbeat to one interval from now at most.</summary>
    public void ScheduleHeartbeat(Subscription subscription)
    {
        // Spread over the last quarter of the interval by the subscription's index: the subscribers of a topic were all last written to in
        // the same millisecond.
        var spread = (uint)subscription.ShardIndex * 2654435769u;
        subscription.HeartbeatDue = Now + _heartbeatInterval - (_heartbeatInterval * spread >> 34);
    }

    private void AppendNotice(StreamLifetime lifetime)
    {
        _block.Write(lifetime.Notice.Span);
        lifetime.IsNoticed = true;
    }

    // Moves the client's resume point past events that its filter excluded. Otherwise the client of a stream with few events would return
    // with a resume point so old that events that it did not want are evicted, and get a gap.
    private void CatchUpPosition(Subscription subscription)
    {
        if ((subscription.Filter is null && subscription.Poll is null) || subscription.SentThrough >= subscription.LastId) return;
        var position = subscription.Poll is null ? placement.PositionOf(subscription) : NextOf(subscription);
        if (position is { } known && known > subscription.SentThrough) BufferPosition(subscription, known);
    }

    /// <summary>The id after which a poll's client continues; null if it must keep its own.</summary>
    private EventId? NextOf(Subscription subscription)
    {
        if (subscription.UnknownStart is not null || subscription.LastId.Value == 0) return null;
        // In history the position is the client's own, or that of an event of its topics: it is exact, and reveals nothing.
        if (subscription.LastId < subscription.JoinedAt) return subscription.LastId;
        var position = placement.PositionOf(subscription);
        return position > subscription.SentThrough ? position : subscription.SentThrough;
    }

    private void BufferPollEnd(Subscription subscription)
    {
        var poll = subscription.Poll!;
        _block.ResetWrittenCount();
        PollBlocks.WriteEnd(_block, NextOf(subscription)?.ToString(), poll.Gap, poll.HasEnded);
        BufferBlock(subscription);
    }

    private void BufferPosition(Subscription subscription, EventId position)
    {
        subscription.SentThrough = position;
        _block.ResetWrittenCount();
        ControlBlocks.WritePosition(_block, position);
        BufferBlock(subscription);
    }

    private void WriteBlock(Subscription subscription)
    {
        BufferBlock(subscription);
        Flush(subscription);
    }

    private void BufferBlock(Subscription subscription)
    {
        var payload = _block.WrittenSpan;
        var output = subscription.Output;
        if (!subscription.IsChunked)
        {
            output.Write(payload);
            return;
        }

        var length = ChunkEnvelope.Measure(payload.Length);
        ChunkEnvelope.Write(output.GetSpan(length), payload);
        output.Advance(length);
    }

    private static void Flush(Subscription subscription) => Observe(subscription, subscription.Output.FlushAsync());

    private static void Observe(Subscription subscription, ValueTask<FlushResult> write)
    {
        if (!write.IsCompleted)
        {
            subscription.Await(write);
            subscription.Pace = SubscriberPace.Lagging;
            subscription.ReleaseRounds();
        }
        else if (write.GetAwaiter().GetResult() is { IsCompleted: true } or { IsCanceled: true })
        {
            subscription.Break();
        }
    }
}
