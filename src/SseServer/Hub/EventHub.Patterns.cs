using SseServer.Catalog;
using SseServer.Protocol.Topics;

namespace SseServer.Hub;

// Patterns come and go: what of it is done under the lock. Adding and removing one costs the same however many topics there are.
internal sealed partial class EventHub
{
    private readonly PatternTable _patterns;
    private bool _isOpening;

    public int PatternCount
    {
        get
        {
            lock (_gate) return _patterns.Count;
        }
    }

    /// <summary>Bytes that the patterns' references take, also those to events that are gone.</summary>
    public long ReferenceBytes
    {
        get
        {
            lock (_gate) return _patterns.MeasureReferences();
        }
    }

    /// <summary>The most work that was done under one hold of the lock, in the units of <see cref="HoldWork"/>.</summary>
    internal int MostWork
    {
        get
        {
            lock (_gate) return _work.MostUnderLock;
        }
    }

    /// <summary>Called without the lock between the steps in which patterns are opened; for tests.</summary>
    internal Action? OpeningStep { get; set; }

    private PatternIndex? FindOrCreatePatternUnderLock(TopicPattern pattern)
    {
        if (_patterns.Find(pattern.Utf8) is { } known) return known;
        if (_patterns.Count >= Options.MaxPatterns && !TryRemoveUnreadPatternUnderLock()) return null;
        var index = new PatternIndex(pattern, _shards.Length, Options.Retention, new(_head));
        if (!_patterns.TryAdd(index)) return null;
        index.EvictThroughUnderLock(_uncleanThrough);
        if (_isOpening) return index;
        _isOpening = true;
        ThreadPool.UnsafeQueueUserWorkItem(static hub => hub.OpenPatterns(), this, preferLocal: false);
        return index;
    }

    private void OpenPatterns()
    {
        while (true)
        {
            PatternIndex[] patterns;
            lock (_gate)
            {
                patterns = _patterns.TakeOpening();
                _isOpening = patterns.Length > 0;
            }

            if (patterns.Length == 0) return;
            try
            {
                Open(new PatternOpening(patterns));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                OnFault(e);
                Refuse(patterns, e);
            }
        }
    }

    private void Open(PatternOpening opening)
    {
        var topics = new List<Topic>(opening.StepTopics);
        for (var position = int.MaxValue; position > 0;)
        {
            position = TakeTopicsFrom(position, opening.StepTopics, topics);
            OpeningStep?.Invoke();
            for (var place = opening.Match(topics); opening.TopicAt(place) is not null; _turns.GiveWay()) place = JoinFrom(opening, place);
        }

        OpeningStep?.Invoke();
        opening.Merge(_gate, _turns);
        for (var i = 0; i < opening.Patterns.Count; i++)
        {
            OpeningStep?.Invoke();
            var (index, history) = (opening.Patterns[i], opening.Histories[i]);
            var queue = PatternOpening.Link(history);
            // The floor cannot tell which topics that went away meanwhile the pattern would have matched.
            lock (_gate) index.OpenUnderLock(history, queue, _floor.Highest);
            index.Ready.TrySetResult();
        }
    }

    // Whoever waits for them hears of the mistake; the next one who asks has them opened anew.
    private void Refuse(PatternIndex[] patterns, Exception mistake)
    {
        foreach (var index in patterns)
        {
            if (index.Ready.Task.IsCompleted) continue;
            lock (_gate) _patterns.Remove(index);
            index.Ready.TrySetException(mistake);
        }
    }

    // From the last to the first, as the sweep does.
    private int TakeTopicsFrom(int position, int count, List<Topic> topics)
    {
        topics.Clear();
        lock (_gate)
        {
            position = Math.Min(position, _topicList.Count);
            for (var end = Math.Max(0, position - count); position > end;) topics.Add(_topicList[--position]);
        }

        return position;
    }

    /// <summary>
    /// Has topics know the patterns that match them, as many as one hold of the lock allows; returns the place of the next.
    /// </summary>
    private int JoinFrom(PatternOpening opening, int place)
    {
        lock (_gate)
        {
            _work.Begin();
            for (; !_work.IsSpent && opening.TopicAt(place) is { } topic; place++)
            {
                var before = topic.FootprintUnderLock;
                _work.Add(opening.JoinUnderLock(place));
                // A topic that went away meanwhile has no history, so this adds nothing for it.
                CountChangeUnderLock(topic, before);
            }

            if (_history.Cost > _maxHistoryBytes) EvictLargestUnderLock(before: new(_head));
        }

        return place;
    }

    private void MatchUnderLock(Topic topic)
    {
        if (topic.MatchedThroughUnderLock == _patterns.Newest) return;
        var before = topic.FootprintUnderLock;
        _patterns.Match(topic);
        CountChangeUnderLock(topic, before);
    }

    private void SweepPatterns()
    {
        List<PatternIndex> opened;
        lock (_gate)
        {
            _work.Begin();
            opened = [];
            for (var i = _patterns.All.Count - 1; i >= 0; i--)
            {
                _work.Add(1);
                var index = _patterns.All[i];
                if (!index.Ready.Task.IsCompleted) continue;
                if (IsOutOfUseUnderLock(index, Options.PatternLinger)) _patterns.Remove(index);
                else opened.Add(index);
            }
        }

        foreach (var index in opened)
            while (Trim(index)) _turns.GiveWay();
    }

    private bool Trim(PatternIndex index)
    {
        lock (_gate)
        {
            _work.Begin();
            return index.TrimUnderLock(SweepSegments);
        }
    }

    /// <summary>Makes room for a pattern where one that is only kept for its readers' return can go: the one they left first.</summary>
    private bool TryRemoveUnreadPatternUnderLock()
    {
        PatternIndex? unread = null;
        foreach (var index in _patterns.All)
        {
            if (index.HoldersUnderLock > 0 || !index.Ready.Task.IsCompleted) continue;
            if (unread is null || index.LastUsedUnderLock < unread.LastUsedUnderLock) unread = index;
        }

        if (unread is null) return false;
        _patterns.Remove(unread);
        return true;
    }
}
