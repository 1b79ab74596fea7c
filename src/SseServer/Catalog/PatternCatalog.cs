using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// Finds, opens and removes patterns. Opening one merges the history of all topics it matches, on a thread of the pool and a step at a time
/// (<see cref="PatternOpening"/>), so that publishers are not held up.
/// </summary>
internal sealed class PatternCatalog(
    HubOptions options, CatalogLock gate, EventIdSequence ids, RetentionFloor floor, PatternTable patterns, TopicTable topics,
    HistoryBudget budget, HistoryRetention retention, Faults faults)
{
    // Segments of a pattern's log examined under one hold of the lock.
    private const int SweepSegments = HoldWork.Budget / PatternLog.SegmentEntries;

    private bool _isOpening;

    /// <summary>Called without the lock between the steps in which patterns are opened; for tests.</summary>
    internal Action? OpeningStep { get; set; }

    /// <summary>Finds or creates a pattern; null if that would be too many. Under the lock.</summary>
    public PatternLog? FindOrCreate(TopicPattern pattern)
    {
        if (patterns.Find(pattern.Utf8) is { } known) return known;
        if (patterns.Count >= options.MaxPatterns && !TryRemoveUnused()) return null;
        var log = new PatternLog(pattern, options.Shards, options.Retention, ids.Head);
        if (!patterns.TryAdd(log)) return null;
        log.EvictThrough(ids.UncleanThrough);
        if (_isOpening) return log;
        _isOpening = true;
        ThreadPool.UnsafeQueueUserWorkItem(static self => self.OpenAll(), this, preferLocal: false);
        return log;
    }

    /// <summary>Removes patterns out of use, and references to events that are gone. Without the lock.</summary>
    public void Sweep()
    {
        List<PatternLog> open = [];
        using (gate.EnterInBackground())
        {
            for (var i = patterns.All.Count - 1; i >= 0; i--)
            {
                var log = patterns.All[i];
                if (!log.Ready.Task.IsCompleted) continue;
                if (topics.IsOutOfUse(log, options.PatternLinger)) patterns.Remove(log);
                else open.Add(log);
            }
        }

        foreach (var log in open)
            while (Trim(log)) gate.GiveWay();
    }

    private bool Trim(PatternLog log)
    {
        using (gate.EnterInBackground()) return log.Trim(SweepSegments);
    }

    private void OpenAll()
    {
        while (true)
        {
            PatternLog[] opening;
            using (gate.EnterInBackground())
            {
                opening = patterns.TakeOpening();
                _isOpening = opening.Length > 0;
            }

            if (opening.Length == 0) return;
            try
            {
                Open(new PatternOpening(opening));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                faults.Report(e);
                Refuse(opening, e);
            }
        }
    }

    private void Open(PatternOpening opening)
    {
        var step = new List<Topic>(opening.StepTopics);
        for (var position = int.MaxValue; position > 0;)
        {
            position = TakeTopicsFrom(position, opening.StepTopics, step);
            OpeningStep?.Invoke();
            for (var next = opening.Match(step); opening.TopicAt(next) is not null; gate.GiveWay()) next = JoinFrom(opening, next);
        }

        OpeningStep?.Invoke();
        opening.Merge(gate);
        for (var i = 0; i < opening.Patterns.Count; i++)
        {
            OpeningStep?.Invoke();
            var (log, history) = (opening.Patterns[i], opening.Histories[i]);
            var queue = PatternOpening.Link(history);
            // Which of the topics removed meanwhile the pattern would have matched is unknown, so the highest floor applies.
            using (gate.EnterInBackground()) log.Open(history, queue, floor.Highest);
            log.Ready.TrySetResult();
        }
    }

    // Subscribers that wait for them get the exception; the next one that asks has them opened again.
    private void Refuse(PatternLog[] opening, Exception exception)
    {
        foreach (var log in opening)
        {
            if (log.Ready.Task.IsCompleted) continue;
            using (gate.EnterInBackground()) patterns.Remove(log);
            log.Ready.TrySetException(exception);
        }
    }

    // From the last to the first, as the sweep does.
    private int TakeTopicsFrom(int position, int count, List<Topic> step)
    {
        step.Clear();
        using (gate.EnterInBackground())
        {
            position = Math.Min(position, topics.Count);
            for (var end = Math.Max(0, position - count); position > end;) step.Add(topics.At(--position)!);
        }

        return position;
    }

    /// <summary>
    /// Adds the matching patterns to topics, as many as one hold of the lock allows; returns the index of the next topic.
    /// </summary>
    private int JoinFrom(PatternOpening opening, int next)
    {
        using (gate.EnterInBackground())
        {
            for (; !gate.Work.IsSpent && opening.TopicAt(next) is { } topic; next++)
            {
                // A topic that was removed meanwhile has no history, so this adds nothing for it.
                using (budget.Track(topic)) gate.Work.Add(opening.Join(next));
            }

            if (budget.IsExceeded) retention.EvictLargest(before: ids.Head);
        }

        return next;
    }

    /// <summary>Removes the pattern that has been without subscribers for longest, if there is one.</summary>
    private bool TryRemoveUnused()
    {
        PatternLog? unused = null;
        foreach (var log in patterns.All)
        {
            if (log.Subscribers > 0 || !log.Ready.Task.IsCompleted) continue;
            if (unused is null || log.LastUsed < unused.LastUsed) unused = log;
        }

        if (unused is null) return false;
        patterns.Remove(unused);
        return true;
    }
}
