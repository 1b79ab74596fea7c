using System.Buffers;
using System.IO.Pipelines;
using SseServer.Protocol.Http;

namespace SseServer.Hub;

// What the shard itself writes into a stream: heartbeats, positions, the end, each at a frame boundary.
internal sealed partial class FanOutShard
{
    private static ReadOnlySpan<byte> HeartbeatChunk => "3\r\n:\n\n\r\n"u8;

    private void WriteEnd(Subscription subscription)
    {
        subscription.IsEndWritten = true;
        BufferPosition(subscription);
        if (subscription.EndRetryMilliseconds > 0)
        {
            _block.ResetWrittenCount();
            ControlBlocks.WriteRetry(_block, subscription.EndRetryMilliseconds);
            BufferBlock(subscription);
        }

        if (subscription.IsChunked) subscription.Output.Write(ChunkEnvelope.End);
        Flush(subscription);
    }

    private void WriteHeartbeat(Subscription subscription)
    {
        if (subscription.HasHeartbeatEvents)
        {
            _block.ResetWrittenCount();
            ControlBlocks.WriteHeartbeatEvent(_block, _hub.Time.GetUtcNow().ToUnixTimeMilliseconds());
            BufferBlock(subscription);
        }
        else
        {
            subscription.Output.Write(subscription.IsChunked ? HeartbeatChunk : HeartbeatChunk[3..6]);
        }

        BufferPosition(subscription);
        Flush(subscription);
    }

    /// <summary>
    /// Moves the client's resume point over what a filter held back. Without that a stream that is seldom sent an event would come back with a point so old that what it did not want
    /// is gone, and hear of a gap.
    /// </summary>
    private void BufferPosition(Subscription subscription)
    {
        if (subscription.Filter is null || subscription.SentThrough >= subscription.LastId) return;
        var position = _hub.PositionOf(subscription);
        if (position <= subscription.SentThrough) return;
        subscription.SentThrough = position;
        _block.ResetWrittenCount();
        ControlBlocks.WritePosition(_block, position);
        BufferBlock(subscription);
    }

    /// <summary>Writes the block that stands in <see cref="_block"/>.</summary>
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

        var prefix = ChunkEnvelope.MeasurePrefix(payload.Length);
        var length = prefix + payload.Length + ChunkEnvelope.Suffix.Length;
        var destination = output.GetSpan(length);
        ChunkEnvelope.WritePrefix(destination, payload.Length);
        payload.CopyTo(destination[prefix..]);
        ChunkEnvelope.Suffix.CopyTo(destination[(prefix + payload.Length)..]);
        output.Advance(length);
    }

    private void Flush(Subscription subscription) => Observe(subscription, subscription.Output.FlushAsync());

    private void Observe(Subscription subscription, ValueTask<FlushResult> write)
    {
        if (!write.IsCompleted)
        {
            subscription.Await(write);
            subscription.IsLagging = true;
            subscription.IsCatchingUp = true;
            ReleaseHold(subscription);
        }
        else if (write.GetAwaiter().GetResult() is { IsCompleted: true } or { IsCanceled: true }) subscription.IsBroken = true;
    }
}
