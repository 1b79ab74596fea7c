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
        var (end, isLost) = (default(EventId), false);
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            if (cursor.Log is not Topic topic) continue;
            if (topic.EndId > end) end = topic.EndId;
            isLost |= topic.EvictedThrough >= topic.EndId;
        }

        if (isLost)
        {
            // With an id from before an end that is gone, the client would come back for it again and again.
            _block.ResetWrittenCount();
            ControlBlocks.WriteId(_block, end);
            BufferBlock(subscription);
        }

        subscription.IsEnding = true;
        Settle(subscription);
    }
}
