namespace SseServer.Hub;

// Streams whose topics have all ended.
internal sealed partial class FanOutShard
{
    /// <summary>
    /// Whether nothing more comes than what stands in the subscription's logs by now. Asked before the logs are read: what is found at their heads afterwards is the end. A
    /// pattern never ends, since another topic may match it.
    /// </summary>
    private static bool IsLastPump(Subscription subscription)
    {
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            if (cursor.Log is not Topic { HasEnded: true }) return false;
        return true;
    }

    /// <summary>Ends a stream that has got everything. Its client comes back with the last id, and hears that there is nothing more.</summary>
    private void EndAfterLast(Subscription subscription)
    {
        var (end, isToldByEvents) = (default(EventId), true);
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            if (cursor.Log is not Topic topic) continue;
            if (topic.EndId > end) end = topic.EndId;
            isToldByEvents &= topic.EndIsEvent && topic.EvictedThrough < topic.EndId;
        }

        if (!isToldByEvents)
        {
            // With an id from before the end the client would come back for it again and again. Some take an id only from a block with data (npm's eventsource-parser 3.1 does).
            _block.ResetWrittenCount();
            ControlBlocks.WriteHeartbeatEvent(_block, _hub.Time.GetUtcNow().ToUnixTimeMilliseconds(), end);
            BufferBlock(subscription);
        }

        subscription.IsEnding = true;
        Settle(subscription);
    }
}
