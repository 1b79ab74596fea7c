namespace SseServer.Catalog;

/// <summary>
/// Counts what is done under one hold of the lock. Whatever can take long adds its work here and stops once <see cref="IsSpent"/>, to
/// continue under another hold. So no hold grows with the number of topics or patterns, or with the history.
/// </summary>
internal sealed class HoldWork
{
    /// <summary>
    /// Units for one hold. A unit is an appended reference, a pattern compared with a name, or an entry examined: 20 to 100 ns, so a hold
    /// takes less than half a millisecond.
    /// </summary>
    public const int Budget = 4096;

    /// <summary>A topic created: its objects and its slots in the tables.</summary>
    public const int TopicCreated = 16;

    /// <summary>A topic visited in a sweep.</summary>
    public const int TopicSwept = 16;

    private int _units;

    /// <summary>The most that one hold has done so far.</summary>
    public int Most { get; private set; }

    /// <summary>Whether the hold has done its share.</summary>
    public bool IsSpent => _units >= Budget;

    /// <summary>A hold begins.</summary>
    public void Begin() => _units = 0;

    /// <summary>Adds units of work.</summary>
    public void Add(int units)
    {
        _units += units;
        if (_units > Most) Most = _units;
    }
}
