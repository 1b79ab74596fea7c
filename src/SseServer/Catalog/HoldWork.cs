namespace SseServer.Catalog;

/// <summary>
/// What is done under one hold of the hub's lock. Whatever can take long under the lock counts its work here and stops once <see
/// cref="IsSpent"/>, to go on
/// under another hold: so no hold grows with the number of topics, of patterns, or with the history. Under the hub's lock.
/// </summary>
internal sealed class HoldWork
{
    /// <summary>
    /// Units for one hold. A unit is an appended reference, a pattern compared with a name, or an entry looked at: 20 to 100 ns, so that
    /// a hold takes less than
    /// half a millisecond.
    /// </summary>
    public const int Budget = 4096;

    /// <summary>A topic made: its objects and its place in the tables.</summary>
    public const int TopicMade = 16;

    /// <summary>A topic looked at in a sweep.</summary>
    public const int TopicSwept = 16;

    private int _units;

    /// <summary>The most that one hold has done so far.</summary>
    public int MostUnderLock { get; private set; }

    public bool IsSpent => _units >= Budget;

    /// <summary>What is left, for those who must know before they begin.</summary>
    public int Left => Budget - _units;

    /// <summary>A hold begins.</summary>
    public void Begin() => _units = 0;

    public void Add(int units)
    {
        _units += units;
        if (_units > MostUnderLock) MostUnderLock = _units;
    }
}
