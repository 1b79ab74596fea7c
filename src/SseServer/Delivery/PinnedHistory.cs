using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Delivery;

/// <summary>
/// Memory that pending writes keep alive. A frame too large to be copied is sent from its segment, which the write pins for as long as the
/// client takes to read it. As long as a log holds the segment, the bound on history counts it. Once the log has dropped it, or if the
/// memory was never a log's, it is counted here: each array once, however many writes read from it, so that stalled subscribers take
/// nothing from the history of others. The sum has its own bound. Over it, the connections that have pinned dropped memory for longest are
/// cut; their clients reconnect with their last event ID.
/// <para>Any thread; the lock inside is taken last.</para>
/// </summary>
internal sealed class PinnedHistory(HistoryBudget budget)
{
    // An eighth of the bound on history. Segments are an eighth of a topic's bounds, so both have about the same slack.
    private const int Share = 8;

    private readonly Lock _gate = new();
    private readonly LinkedList<Pin> _dropped = [];
    private long _droppedBytes;
    private long _cutBytes;

    /// <summary>Bytes that pending writes keep alive and no log holds.</summary>
    public long Bytes => Volatile.Read(ref _droppedBytes);

    /// <summary>Whether <see cref="CutLongest"/> has something to do.</summary>
    public bool IsOverBound => Volatile.Read(ref _droppedBytes) - Volatile.Read(ref _cutBytes) > MaxBytes;

    private long MaxBytes => budget.MaxBytes / Share;

    /// <summary>Records that a subscription's pending write reads from a segment or, without one, from an array of its own.</summary>
    public void Add(Subscription subscription, LogSegment? segment, int bytes)
    {
        lock (_gate)
        {
            var pin = (Pin?)segment?.Pin ?? new Pin(this, segment, bytes);
            if (segment is not null) segment.Pin = pin;
            pin.Subscriptions.Add(subscription);
            subscription.Pin = pin;
            if (pin.IsCut) (pin.IsCut, _cutBytes) = (false, _cutBytes - pin.Bytes);
            // The segment's drop sets its mark, then reads the pin; here the pin is set, then the mark is read. Without the fence each
            // could miss the other, and the memory would never be counted.
            Interlocked.MemoryBarrier();
            if (segment is null or { IsDropped: true }) CountUnderGate(pin);
        }
    }

    /// <summary>Records that a subscription's pending write is over.</summary>
    public void Remove(Subscription subscription)
    {
        if (subscription.Pin is not Pin pin) return;
        lock (_gate)
        {
            subscription.Pin = null;
            pin.Subscriptions.Remove(subscription);
            if (pin.Subscriptions.Count > 0) return;
            if (pin.Segment is not null) pin.Segment.Pin = null;
            if (pin.Node is null) return;
            _dropped.Remove(pin.Node);
            _droppedBytes -= pin.Bytes;
            if (pin.IsCut) _cutBytes -= pin.Bytes;
        }
    }

    /// <summary>
    /// Has the shards cut the connections that pin the memory that was dropped first, until the rest is within the bound. The memory
    /// dropped last stays, so that a single event larger than the bound can be delivered.
    /// </summary>
    public void CutLongest()
    {
        var cut = new List<Subscription>();
        lock (_gate)
        {
            for (var node = _dropped.First; node?.Next is not null && _droppedBytes - _cutBytes > MaxBytes; node = node.Next)
            {
                if (node.Value.IsCut) continue;
                node.Value.IsCut = true;
                _cutBytes += node.Value.Bytes;
                cut.AddRange(node.Value.Subscriptions);
            }
        }

        foreach (var subscription in cut) subscription.Signal(Subscription.Signals.PinIsCut);
    }

    private void CountUnderGate(Pin pin)
    {
        if (pin.Node is not null || pin.Subscriptions.Count == 0) return;
        pin.Node = _dropped.AddLast(pin);
        _droppedBytes += pin.Bytes;
    }

    /// <summary>One array that pending writes read from.</summary>
    private sealed class Pin(PinnedHistory owner, LogSegment? segment, int bytes) : ISegmentPin
    {
        public LogSegment? Segment { get; } = segment;

        /// <summary>What the array costs.</summary>
        public int Bytes { get; } = segment?.ByteCapacity is > 0 and var capacity ? capacity : bytes;

        /// <summary>The subscriptions whose writes read from it.</summary>
        public HashSet<Subscription> Subscriptions { get; } = [];

        /// <summary>Its node among the pins of dropped memory.</summary>
        public LinkedListNode<Pin>? Node { get; set; }

        /// <summary>The connections of its subscriptions are being cut.</summary>
        public bool IsCut { get; set; }

        /// <summary>Records that the log has dropped the segment.</summary>
        public void OnDropped()
        {
            lock (owner._gate) owner.CountUnderGate(this);
        }
    }
}
