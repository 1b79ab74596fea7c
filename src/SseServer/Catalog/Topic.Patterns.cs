namespace SseServer.Catalog;

/// <content>The patterns that match the topic, and what their references to its events cost.</content>
internal sealed partial class Topic
{
    private ulong[] _matched = [];

    /// <summary>The catalog's patterns.</summary>
    public required PatternTable Patterns { get; init; }

    /// <summary>The newest pattern when the topic was created: patterns that came later have its history to include.</summary>
    public long CreatedAfterPattern { get; init; }

    /// <summary>The topic was compared with the patterns up to this serial number.</summary>
    public long MatchedThrough { get; set; }

    /// <summary>The patterns known to match this topic: all of them, once <see cref="PatternTable.Match"/> has compared it.</summary>
    public MatchedPatterns MatchingPatterns => new(Patterns, _matched);

    /// <summary>How many patterns hold references to the topic's events; removed ones count until the next sweep.</summary>
    public int MatchingPatternCount { get; private set; }

    // An event's references count as its topic's memory, so that evicting the event pays for them.
    private long ReferenceCost => (long)MatchingPatternCount * (Count + CompactedCount) * PatternLog.ReferenceCost;

    /// <summary>Notes that a pattern matches. A pattern newer than the topic learns how far the topic's history was evicted.</summary>
    public void AddPattern(PatternLog pattern)
    {
        var (word, bit) = (pattern.Slot / 64, 1UL << pattern.Slot);
        if (word < _matched.Length && (_matched[word] & bit) != 0) return;
        if (word >= _matched.Length) Array.Resize(ref _matched, word + 1);
        _matched[word] |= bit;
        MatchingPatternCount++;
        if (pattern.Serial > CreatedAfterPattern) pattern.Include(this);
    }

    /// <summary>Forgets the patterns that were removed.</summary>
    public void ClearPatterns()
    {
        if (MatchingPatternCount > 0) MatchingPatternCount = Patterns.Clear(_matched);
    }
}
