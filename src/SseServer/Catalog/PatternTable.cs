using System.Runtime.InteropServices;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// The patterns that have subscribers, or are retained for their subscribers' return. A topic has one bit for each slot of this table.
/// Adding or removing a pattern costs the same however many topics there are: a topic is compared with newer patterns when it is next
/// published to, or when <see cref="PatternOpening"/> comes to it. The slot of a removed pattern is used again once a sweep has cleared its
/// bit in all topics. Under the catalog's lock.
/// </summary>
internal sealed class PatternTable(int maxPatterns, HoldWork work)
{
    // Slots at most, with those that wait for the next two sweeps; beyond that a new pattern is refused.
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

    /// <summary>The serial number of the newest pattern ever added; the first one's is 1.</summary>
    public long Newest { get; private set; }

    /// <summary>All patterns, the oldest first.</summary>
    public IReadOnlyList<PatternLog> All => _inOrder;

    /// <summary>One word of the bits of the slots in use.</summary>
    public ulong InUse(int word) => _inUse[word];

    /// <summary>The pattern of a slot in use.</summary>
    public PatternLog At(int slot) => _slots[slot]!;

    public PatternLog? Find(ReadOnlySpan<byte> pattern)
        => _byName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(pattern, out var found) ? found : null;

    /// <summary>Adds a pattern, whose history is to be merged; false if too many were removed since the last sweep.</summary>
    public bool TryAdd(PatternLog pattern)
    {
        if (!TryTakeSlot(out var slot)) return false;
        (pattern.Slot, pattern.Serial) = (slot, ++Newest);
        _slots[slot] = pattern;
        _inUse[slot / 64] |= 1UL << slot;
        _byName.Add(pattern.Name, pattern);
        _inOrder.Add(pattern);
        _opening.Add(pattern);
        return true;
    }

    public void Remove(PatternLog pattern)
    {
        if (!_byName.Remove(pattern.Name)) return;
        _inOrder.RemoveAt(IndexOf(pattern.Serial));
        _slots[pattern.Slot] = null;
        _inUse[pattern.Slot / 64] &= ~(1UL << pattern.Slot);
        _retired.Add(pattern.Slot);
    }

    /// <summary>The patterns added since the last call.</summary>
    public PatternLog[] TakeOpening()
    {
        if (_opening.Count == 0) return [];
        PatternLog[] opening = [.. _opening];
        _opening = [];
        return opening;
    }

    /// <summary>Compares a topic with the patterns that were added since it was last compared.</summary>
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

    /// <summary>A sweep over all topics begins; it clears the bits of the patterns removed before.</summary>
    public void BeginSweep() => (_retired, _sweeping) = (_sweeping, _retired);

    /// <summary>The sweep has visited every topic: the slots can be used again.</summary>
    public void EndSweep()
    {
        foreach (var slot in _sweeping) _free.Enqueue(slot);
        _sweeping.Clear();
    }

    /// <summary>Clears the bits of removed patterns; returns how many bits are left.</summary>
    public int Clear(ulong[] matched)
    {
        var left = 0;
        for (var word = 0; word < matched.Length; word++) left += int.CreateTruncating(ulong.PopCount(matched[word] &= _inUse[word]));
        return left;
    }

    /// <summary>Bytes of memory that the patterns' references take.</summary>
    public long MeasureReferences()
    {
        var sum = 0L;
        foreach (var pattern in CollectionsMarshal.AsSpan(_inOrder)) sum += pattern.Cost;
        return sum;
    }

    private int IndexOf(long serial)
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
