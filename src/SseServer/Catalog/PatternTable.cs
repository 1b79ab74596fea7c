using System.Runtime.InteropServices;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// The patterns that are read, or kept for their readers' return, and which topics each matches. A topic has a bit for each slot of this
/// table, so a pattern costs a topic
/// a bit, and adding or removing one costs the same however many topics there are: a topic is compared with newer patterns when it is
/// next published to, or when
/// <see cref="PatternOpening"/> comes to it. The slot of a removed pattern is used again once a sweep has cleared its bit in all topics.
/// Under the hub's lock.
/// </summary>
internal sealed class PatternTable(int maxPatterns, HoldWork work)
{
    // Slots that wait for the next two sweeps; beyond them a pattern that comes waits too.
    private readonly int _maxSlots = 4 * maxPatterns + 256;

    private readonly Dictionary<byte[], PatternLog> _byName = new(Utf8Comparer.Instance);
    private readonly List<PatternLog> _inOrder = [];
    private readonly List<PatternLog?> _slots = [];
    private readonly Queue<int> _free = new();
    private List<int> _retired = [];
    private List<int> _sweeping = [];
    private List<PatternLog> _opening = [];
    private ulong[] _inUse = [];

    public int Count => _inOrder.Count;

    /// <summary>The serial number of the newest pattern there ever was; the first one's is 1.</summary>
    public long Newest { get; private set; }

    /// <summary>All patterns, the oldest first.</summary>
    public IReadOnlyList<PatternLog> All => _inOrder;

    /// <summary>A word of the slots in use, a bit each.</summary>
    public ulong InUse(int word) => _inUse[word];

    /// <summary>The pattern of a slot in use.</summary>
    public PatternLog At(int slot) => _slots[slot]!;

    public PatternLog? Find(ReadOnlySpan<byte> pattern)
        => _byName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(pattern, out var index) ? index : null;

    /// <summary>Adds a pattern, whose history is to be merged; false where too many were removed since the last sweep.</summary>
    public bool TryAdd(PatternLog index)
    {
        if (!TryTakeSlot(out var slot)) return false;
        (index.Slot, index.Serial) = (slot, ++Newest);
        _slots[slot] = index;
        _inUse[slot / 64] |= 1UL << slot;
        _byName.Add(index.Name, index);
        _inOrder.Add(index);
        _opening.Add(index);
        return true;
    }

    public void Remove(PatternLog index)
    {
        if (!_byName.Remove(index.Name)) return;
        _inOrder.RemoveAt(PlaceOf(index.Serial));
        _slots[index.Slot] = null;
        _inUse[index.Slot / 64] &= ~(1UL << index.Slot);
        _retired.Add(index.Slot);
    }

    /// <summary>The patterns added since the last call.</summary>
    public PatternLog[] TakeOpening()
    {
        if (_opening.Count == 0) return [];
        PatternLog[] opening = [.. _opening];
        _opening = [];
        return opening;
    }

    /// <summary>Compares a topic with the patterns that came since it was last compared.</summary>
    public void Match(Topic topic)
    {
        if (topic.MatchedThrough == Newest) return;
        for (var i = _inOrder.Count - 1; i >= 0 && _inOrder[i].Serial > topic.MatchedThrough; i--)
        {
            work.Add(1);
            if (_inOrder[i].Pattern.Matches(topic.Name)) topic.AddPattern(_inOrder[i]);
        }

        topic.MatchedThrough = Newest;
    }

    /// <summary>A sweep over all topics begins; it clears the bits of what was removed before.</summary>
    public void BeginSweep() => (_retired, _sweeping) = (_sweeping, _retired);

    /// <summary>The sweep has come to every topic.</summary>
    public void EndSweep()
    {
        foreach (var slot in _sweeping) _free.Enqueue(slot);
        _sweeping.Clear();
    }

    /// <summary>Clears the bits of patterns that were removed; returns how many are left.</summary>
    public int Clear(ulong[] matched)
    {
        var left = 0;
        for (var word = 0; word < matched.Length; word++) left += int.CreateTruncating(ulong.PopCount(matched[word] &= _inUse[word]));
        return left;
    }

    /// <summary>Bytes that the patterns' references take.</summary>
    public long MeasureReferences()
    {
        var sum = 0L;
        foreach (var index in CollectionsMarshal.AsSpan(_inOrder)) sum += index.Cost;
        return sum;
    }

    private int PlaceOf(long serial)
    {
        int low = 0, high = _inOrder.Count - 1;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_inOrder[middle].Serial < serial) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private bool TryTakeSlot(out int slot)
    {
        if (_free.TryDequeue(out slot)) return true;
        if (_slots.Count >= _maxSlots) return false;
        slot = _slots.Count;
        _slots.Add(null);
        if (slot / 64 == _inUse.Length) Array.Resize(ref _inUse, _inUse.Length + 1);
        return true;
    }
}
