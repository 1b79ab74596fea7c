namespace SseServer.Hub;

// Streams whose topics have all ended.
internal sealed partial class FanOutShard
{
    /// <summary>
    /// Whether nothing more comes than what stands in the subscription's logs by now. Asked before the logs are read: what is found at their heads afterwards is the end. A
    /// pattern never ends, since another topic may match it.
    /// </summary>
    /// <param name="subscription">Whose logs are looked at.</param>
    /// <param name="end">The last of their ends. A topic's own may be forgotten the moment after.</param>
    private static bool IsLastPump(Subscription subscription, out EventId end)
    {
        end = default;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            if (cursor.Log is not Topic { EndId: { Value: > 0 } id }) return false;
            if (id > end) end = id;
        }

        return true;
    }

    /// <summary>Ends a stream that has got everything. Its client comes back with the last id, and hears that there is nothing more.</summary>
    private void EndAfterLast(Subscription subscription, EventId end)
    {
        var isToldByEvents = true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            isToldByEvents &= cursor.Log is Topic { EndIsEvent: true } topic && topic.EvictedThrough < topic.EndId;

        if (!isToldByEvents)
        {
            // It may have been told of a later id already: that one stays its place.
            if (subscription.SentThrough > end) end = subscription.SentThrough;
            // With an id from before the end the client would come back for it again and again. Some take an id only from a block with data (npm's eventsource-parser 3.1 does).
            _block.ResetWrittenCount();
            ControlBlocks.WriteHeartbeatEvent(_block, _hub.Time.GetUtcNow().ToUnixTimeMilliseconds(), end);
            BufferBlock(subscription);
        }

        subscription.IsEnding = true;
        Settle(subscription);
    }
}
