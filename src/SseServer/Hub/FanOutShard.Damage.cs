using SseServer.History;

namespace SseServer.Hub;

// Stored events that cannot be read: readers hear of a gap at their place, and go on after them.
internal sealed partial class FanOutShard
{
    /// <summary>
    /// Says which topics or patterns lose the damaged events that a page begins with, where the subscriber was not told before.
    /// </summary>
    private void TryWriteDamage(Subscription subscription, StoredPage page)
    {
        var lost = new List<byte[]>();
        foreach (var block in page.Damage)
        {
            if (subscription.Replay!.Damage.IsTold(block, subscription.LastId)) continue;
            foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
                if (!lost.Contains(cursor.Log.Name) && Selects(cursor.Log, block.Topic)) lost.Add(cursor.Log.Name);
        }

        if (lost.Count == 0) return;
        _counters.Gaps++;
        subscription.OnGap();
        _block.ResetWrittenCount();
        EventId? first = page.Count > 0 ? new(page.Entries[0].Id) : null;
        ControlBlocks.WriteGap(_block, lost, LastIdOf(subscription), first);
        WriteBlock(subscription);
    }

    // Where the name is damaged as well, any of them may have lost the events.
    private static bool Selects(EventLog log, byte[] topic)
        => topic.Length == 0 || (log is PatternIndex index ? index.Pattern.Matches(topic) : topic.AsSpan().SequenceEqual(log.Name));
}
