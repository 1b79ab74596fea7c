using System.Text;
using SseServer.Catalog;
using SseServer.History;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Announces losses to the subscriptions of one shard: events that were evicted before they were sent, and stored events that cannot be
/// read. Used only by the thread that runs the shard.
/// </summary>
internal sealed class LossReporter(CursorPlacement placement, ShardWriter writer, ShardCounters counters)
{
    /// <summary>Whether a log may have lost events that were neither sent nor announced to the subscription.</summary>
    public static bool HasLoss(Subscription subscription)
    {
        if (subscription.UnknownStart is not null) return true;
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
            if (cursor.MayHaveLoss(subscription.LastId)) return true;
        return false;
    }

    /// <summary>
    /// Announces what was lost to the subscriber, if something was. The first event that follows is the page's or, if there is no page or
    /// an empty one, memory's.
    /// </summary>
    public CursorPlacement.LossOutcome TryWriteGap(Subscription subscription, StoredPage? page)
    {
        var lost = new List<byte[]>();
        var marks = page is null ? default : subscription.Replay!.Marks;
        var after = page is null ? subscription.LastId : subscription.Replay!.Through;
        EventId? next = page is { Count: > 0 } ? new(page.Entries[0].Id) : null;
        var outcome = placement.TrySeekPastLoss(subscription, marks, after, hasNext: next is not null, lost, out var first);
        if (outcome != CursorPlacement.LossOutcome.Lost) return outcome;
        var had = subscription.UnknownStart is { } unknown ? Encoding.UTF8.GetString(unknown) : LastIdOf(subscription);
        subscription.UnknownStart = null;
        Announce(subscription, lost, had, next ?? first);
        return outcome;
    }

    /// <summary>
    /// Announces the damaged events at the beginning of a page, under the names of the logs that lose them, unless they were announced
    /// before.
    /// </summary>
    public void TryWriteDamage(Subscription subscription, StoredPage page)
    {
        var lost = new List<byte[]>();
        foreach (var block in page.Damage)
        {
            if (!subscription.Replay!.Damage.TryAdd(block, subscription.LastId)) continue;
            foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
                if (!lost.Contains(cursor.Log.Name) && Selects(cursor.Log, block.Topic)) lost.Add(cursor.Log.Name);
        }

        if (lost.Count == 0) return;
        EventId? first = page.Count > 0 ? new(page.Entries[0].Id) : null;
        Announce(subscription, lost, LastIdOf(subscription), first);
    }

    private void Announce(Subscription subscription, List<byte[]> lost, string? after, EventId? first)
    {
        counters.Gaps++;
        subscription.OnGap();
        writer.WriteGap(subscription, lost, after, first);
    }

    // The client's last event id: the one that it came with, or the last one that it was sent. Null if it has none.
    private static string? LastIdOf(Subscription subscription)
    {
        var id = subscription.SentThrough > subscription.ResumedAfter ? subscription.SentThrough : subscription.ResumedAfter;
        return id.Value == 0 ? null : id.ToString();
    }

    // If the topic's name is damaged too, any log may have lost the events.
    private static bool Selects(EventLog log, byte[] topic)
        => topic.Length == 0 || (log is PatternLog pattern ? pattern.Pattern.Matches(topic) : topic.AsSpan().SequenceEqual(log.Name));
}
