using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Delivery;

/// <summary>
/// Memory that pending writes keep alive. A frame too large to be copied is sent from where it lies, and its reader takes it in its own
/// time. As long as a log holds that memory, the history's bound counts it. Once the log has dropped it, or if it never was a log's, it is
/// counted here: each array once, however many readers are sent from it, so that stalled readers take nothing from the history of others.
/// The sum has a bound of its own: over it, the connections of those readers are cut that have pinned dropped memory for longest. Their
/// clients come back with their last event ID.
/// <para>Any thread; the lock inside is taken last.</para>
/// </summary>
internal sealed class PinnedHistory(HistoryBudget budget)
{
    // Of the bound on history: an eighth is what history itself is trimmed by, so both have about the same slack.
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

    /// <summary>Takes note that a subscription's pending write reads from a segment, or, without one, from an array of its own.</summary>
    public void Add(Subscription subscription, LogSegment? segment, int bytes)
    {
        lock (_gate)
        {
            var pin = (Pin?)segment?.Pin ?? new Pin(this, segment, bytes);
            if (segment is not null) segment.Pin = pin;
            pin.Subscriptions.Add(subscription);
            subscription.Pin = pin;
            if (pin.IsCut) (pin.IsCut, _cutBytes) = (false, _cutBytes - pin.Bytes);
            // The segment's drop sets its mark and then looks for a pin; the pin is set here and then the mark is looked at. Without the
            // fence each could miss the other.
            Interlocked.MemoryBarrier();
            if (segment is null or { IsDropped: true }) CountUnderGate(pin);
        }
    }

    /// <summary>Takes note that a subscription's pending write is over.</summary>
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
    /// Asks the shards to cut the connections that pin what was dropped first, until the rest is within the bound. What was dropped last
    /// stays, so that a single event larger than the bound can be read.
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

        /// <summary>Its place among those that no log holds any more.</summary>
        public LinkedListNode<Pin>? Node { get; set; }

        /// <summary>Its readers' connections are being cut.</summary>
        public bool IsCut { get; set; }

        /// <summary>Takes note that the log has dropped the segment.</summary>
        public void OnDropped()
        {
            lock (owner._gate) owner.CountUnderGate(this);
        }
    }
}
