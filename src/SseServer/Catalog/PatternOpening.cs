using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Catalog;

/// <summary>
/// Opens patterns: finds the topics that each of them matches and merges the history of these topics. All patterns that were added since
/// the last opening are opened together, so the work is one walk over the topics and one merge. Runs on a thread of the pool, one opening
/// at a time, and holds the lock for short steps only. Meanwhile publishers append to the patterns, and topics are created and removed.
/// </summary>
internal sealed class PatternOpening
{
    private readonly PatternLog[] _patterns;
    private readonly EventId _head;
    private readonly int _words;
    private readonly List<Topic> _topics = [];
    private readonly List<ulong> _matches = [];

    /// <param name="patterns">In the order in which they were added.</param>
    public PatternOpening(PatternLog[] patterns)
    {
        _patterns = patterns;
        _head = patterns[^1].RegisteredAt;
        _words = (patterns.Length + 63) / 64;
        Histories = Array.ConvertAll(patterns, _ => new List<LogSegment>());
        // About half the budget of a hold if every pattern matches every topic.
        StepTopics = Math.Clamp(HoldWork.Budget / 2 / patterns.Length, 1, 256);
    }

    public IReadOnlyList<PatternLog> Patterns => _patterns;

    /// <summary>Topics to match in one step.</summary>
    public int StepTopics { get; }

    /// <summary>For each pattern, the history up to its registration; complete after <see cref="Merge"/>.</summary>
    public List<LogSegment>[] Histories { get; }

    /// <summary>Finds which of the patterns match some topics. Without the lock.</summary>
    /// <returns>The index, for <see cref="TopicAt"/>, of the first topic found by this call.</returns>
    public int Match(List<Topic> topics)
    {
        var first = _topics.Count;
        Span<ulong> matches = stackalloc ulong[Math.Min(_words, 256)];
        if (_words > matches.Length) matches = new ulong[_words];
        foreach (var topic in topics)
        {
            matches.Clear();
            for (var i = 0; i < _patterns.Length; i++)
                if (_patterns[i].Pattern.Matches(topic.Name)) matches[i / 64] |= 1UL << i;
            if (matches.IndexOfAnyExcept(0UL) < 0) continue;
            _topics.Add(topic);
            foreach (var word in matches) _matches.Add(word);
        }

        return first;
    }

    /// <summary>A topic that some of the patterns match; null past the last.</summary>
    public Topic? TopicAt(int index) => index < _topics.Count ? _topics[index] : null;

    /// <summary>
    /// Adds the new patterns to a topic that was matched; returns the work that it was. If a publish has done so before, the topic already
    /// knows the same patterns or more.
    /// </summary>
    public int Join(int index)
    {
        var (topic, work) = (_topics[index], 1);
        for (var i = 0; i < _patterns.Length; i++)
        {
            if ((_matches[index * _words + i / 64] >> i & 1) == 0) continue;
            work++;
            topic.AddPattern(_patterns[i]);
        }

        // A topic that has not been compared with older patterns yet is compared with all of them when it is published to.
        if (topic.MatchedThrough >= _patterns[0].Serial - 1 && topic.MatchedThrough < _patterns[^1].Serial)
            topic.MatchedThrough = _patterns[^1].Serial;
        return work;
    }

    /// <summary>
    /// Merges the entries of the topics by id. Walks the segments with cursors and takes the lock only when a cursor seeks: at the start,
    /// and if its topic has dropped the segment.
    /// </summary>
    public void Merge(CatalogLock gate)
    {
        var last = default(EventId);
        var queue = new PriorityQueue<(Cursor Cursor, int Topic), long>();
        for (var topic = 0; topic < _topics.Count; topic++)
        {
            var cursor = new Cursor { Log = _topics[topic] };
            using (gate.EnterInBackground()) cursor.Log.Seek(ref cursor, last);
            gate.GiveWay();
            if (TryPeek(ref cursor, last, gate, out var entry)) queue.Enqueue((cursor, topic), entry.Id.Value);
        }

        while (queue.TryPeek(out var item, out var due))
        {
            // If the queued entry was dropped meanwhile, a later one is found, which is queued for its own turn.
            if (TryPeek(ref item.Cursor, last, gate, out var entry) && entry.Id.Value == due)
            {
                Append(item.Topic, entry);
                last = entry.Id;
            }

            if (TryPeek(ref item.Cursor, last, gate, out var next)) queue.DequeueEnqueue(item, next.Id.Value);
            else queue.Dequeue();
        }
    }

    /// <summary>A pattern's history as a queue of segments, each linked to the next.</summary>
    public static SegmentQueue Link(List<LogSegment> history)
    {
        var queue = new SegmentQueue();
        for (var i = 0; i < history.Count; i++)
        {
            if (i > 0) history[i - 1].Link(history[i]);
            queue.Enqueue(history[i]);
        }

        return queue;
    }

    private void Append(int topic, in LogEntry entry)
    {
        for (var i = 0; i < _patterns.Length; i++)
        {
            // Publishers have appended what came after the registration.
            if ((_matches[topic * _words + i / 64] >> i & 1) == 0 || entry.Id > _patterns[i].RegisteredAt) continue;
            var history = Histories[i];
            if (history.Count == 0) history.Add(new LogSegment(0, 4));
            else if (history[^1].Count == PatternLog.SegmentEntries) history.Add(new LogSegment(0, PatternLog.SegmentEntries));
            history[^1].Append(entry);
        }
    }

    private bool TryPeek(ref Cursor cursor, EventId after, CatalogLock gate, out LogEntry entry)
    {
        while (true)
        {
            switch (cursor.Peek(after, out var entries, out _))
            {
                case CursorState.Evicted:
                    using (gate.EnterInBackground()) cursor.Log.Seek(ref cursor, after);
                    continue;
                case CursorState.Entry when entries[cursor.Index].Id <= _head:
                    entry = entries[cursor.Index];
                    return true;
                default:
                    entry = default;
                    return false;
            }
        }
    }
}
