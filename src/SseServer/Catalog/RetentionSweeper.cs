namespace SseServer.Catalog;

/// <summary>
/// Each second: events over their age, ends that were known for long enough, topics and patterns out of use, and what the bound on history
/// has left because its subscribers had yet to be handed it. Each hold of the lock is short, so that waiters are not delayed.
/// </summary>
internal sealed class RetentionSweeper(TopicCatalog catalog)
{
    // History evicted under one hold of the lock: some dozens of full segments.
    private const int EvictedBytes = 2 * 1024 * 1024;

    private int _isSweeping;

    /// <summary>Sweeps over all topics and patterns, unless a sweep is under way.</summary>
    public void Sweep()
    {
        using (catalog.Lock.EnterInBackground()) catalog.Ids.FollowClock();
        if (Interlocked.Exchange(ref _isSweeping, 1) != 0) return;
        try
        {
            using (catalog.Lock.EnterInBackground()) catalog.Patterns.BeginSweep();
            for (var position = int.MaxValue; position > 0; catalog.Lock.GiveWay()) position = SweepFrom(position);
            using (catalog.Lock.EnterInBackground()) catalog.Patterns.EndSweep();
            catalog.PatternOpener.Sweep();
            while (!TryEvict()) catalog.Lock.GiveWay();
        }
        finally
        {
            Volatile.Write(ref _isSweeping, 0);
        }
    }

    /// <summary>
    /// Sets the bound on history, below the configured one while memory is short, and evicts down to it: a little at a time, so that
    /// publishers continue. Subscribers that miss events get a gap.
    /// </summary>
    public void BoundHistory(long bytes)
    {
        using (catalog.Lock.EnterInBackground()) catalog.Budget.MaxBytes = Math.Min(bytes, catalog.Options.MaxHistoryBytes);
        while (!TryEvict()) catalog.Lock.GiveWay();
    }

    /// <summary>Evicts some of what is above the bound; false if there is more to evict at present.</summary>
    private bool TryEvict()
    {
        using (catalog.Lock.EnterInBackground())
        {
            var budget = catalog.Budget;
            var before = budget.Total.Cost;
            if (before <= budget.MaxBytes) return true;
            catalog.Retention.EvictLargest(Math.Max(budget.MaxBytes, before - EvictedBytes), before: new(long.MaxValue));
            // The rest was not handed to its subscribers yet, or is not committed.
            return budget.Total.Cost == before;
        }
    }

    // From the last to the first: a removal moves the last topic, which was visited already, into the hole.
    private int SweepFrom(int position)
    {
        using (catalog.Lock.EnterInBackground())
        {
            var now = catalog.Clock.UnixMilliseconds;
            for (position = Math.Min(position, catalog.Topics.Count); position > 0 && !catalog.Lock.Work.IsSpent; position--)
            {
                var topic = catalog.Topics.At(position - 1)!;
                catalog.Lock.Work.Add(HoldWork.TopicSwept);
                using (catalog.Budget.Track(topic)) topic.ClearPatterns();
                // A topic with more to evict is visited again.
                if (!catalog.Retention.Trim(topic, now)) return position;
                catalog.Topics.ForgetEnd(topic, now);
                // The sequencer removes topics that the store knows.
                if (topic.CommittedThrough.Value == 0 && catalog.Topics.IsUnused(topic)) catalog.Topics.Remove(topic);
            }

            return position;
        }
    }
}
