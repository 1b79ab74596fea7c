namespace SseServer.Catalog;

// Which patterns match the topic, and what their references to its events stand for. All under the hub's lock.
internal sealed partial class Topic
{
    private ulong[] _matched = [];
    private int _matchedCount;

    /// <summary>The hub's patterns.</summary>
    public required PatternTable Patterns { get; init; }

    /// <summary>The newest pattern when the topic was made: those that came later have its history to take in.</summary>
    public long MadeAfterPattern { get; init; }

    /// <summary>The topic was compared with the patterns up to this serial number.</summary>
    public long MatchedThroughUnderLock { get; set; }

    /// <summary>
    /// The patterns that are known to match this topic: all of them, once <see cref="PatternTable.Match"/> has compared it.
    /// </summary>
    public MatchedPatterns PatternsUnderLock => new(Patterns, _matched);

    /// <summary>How many patterns hold references to the topic's events; those that were removed count until the next sweep.</summary>
    public int PatternCountUnderLock => _matchedCount;

    // An event's references are its topic's in the hub's bound, so that evicting the event pays for them.
    private long ReferenceCost => (long)_matchedCount * (CountUnderLock + KeptUnderLock) * PatternIndex.ReferenceCost;

    /// <summary>Takes note that a pattern matches. One that is newer than the topic hears how far the topic's history was let go.</summary>
    public void AddPatternUnderLock(PatternIndex index)
    {
        var (word, bit) = (index.Slot / 64, 1UL << index.Slot);
        if (word < _matched.Length && (_matched[word] & bit) != 0) return;
        if (word >= _matched.Length) Array.Resize(ref _matched, word + 1);
        _matched[word] |= bit;
        _matchedCount++;
        if (index.Serial > MadeAfterPattern) index.TakeInUnderLock(this);
    }

    /// <summary>Forgets the patterns that were removed.</summary>
    public void ClearPatternsUnderLock()
    {
        if (_matchedCount > 0) _matchedCount = Patterns.Clear(_matched);
    }
}
