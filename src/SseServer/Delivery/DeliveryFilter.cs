using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Decides which events of its logs a subscription is sent. Nothing else decides this. Three things exclude an event: the subscription's
/// type filter; <c>since=latest</c>, which up to the point where the subscription joined wants only the newest event of each key; and lag,
/// during which events after that point are skipped once a newer event of their key exists. A replay is complete even if it is sent in
/// pieces. The end of a topic is never excluded.
/// <para>A snapshot of the subscription's state, created on its shard for one frame run.</para>
/// </summary>
internal readonly struct DeliveryFilter(Subscription subscription)
{
    private readonly EventFilter? _filter = subscription.Filter;
    private readonly EventId _joinedAt = subscription.JoinedAt;
    private readonly bool _wantsLatest = subscription.WantsLatest;
    private readonly bool _isLagging = subscription.IsLagging;

    /// <summary>Whether the subscription is sent every further event of a topic, so that none needs to be checked.</summary>
    public static bool PassesAll(Subscription subscription, Topic topic)
        => subscription.Filter is null && !subscription.IsInSnapshot
            && !(subscription.IsLagging && subscription.LastId >= subscription.JoinedAt && topic.HasKeys);

    /// <summary>Decides by a stored frame alone: the store has already left out what <c>since=latest</c> does not want.</summary>
    public bool Excludes(ReadOnlySpan<byte> frame, int prefixLength, bool isFinal)
        => !isFinal && _filter is not null && !_filter.Passes(frame, prefixLength);

    /// <summary>Decides by an entry and its frame, and finds the frame.</summary>
    /// <param name="log">The log that the entry is in.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="segment">The segment that holds the frame; meaningful only for <see cref="DeliveryDecision.Send"/>.</param>
    /// <param name="offset">Where the frame begins in <paramref name="bytes"/>.</param>
    /// <param name="bytes">The array that holds the frame.</param>
    public DeliveryDecision Decide(EventLog log, in LogEntry entry, out LogSegment segment, out int offset, out byte[] bytes)
    {
        (segment, offset, bytes) = (entry.Home, 0, []);
        if (Excludes(entry, out var isSuperseded)) return isSuperseded ? DeliveryDecision.Superseded : DeliveryDecision.Exclude;
        if (entry.TryFind(out segment, out offset, out bytes))
        {
            var isExcluded = Excludes(bytes.AsSpan(offset, entry.Length), entry.PrefixLength, entry.IsFinal);
            return isExcluded ? DeliveryDecision.Exclude : DeliveryDecision.Send;
        }

        // Above MemoryStart the store does not have it either: the event was evicted because it was superseded, which is no loss.
        return entry.IsSuperseded && entry.Id > log.Marks.MemoryStart ? DeliveryDecision.Exclude : DeliveryDecision.Lost;
    }

    // Decides by the entry alone. isSuperseded: it is excluded only because a newer event of its key exists.
    private bool Excludes(in LogEntry entry, out bool isSuperseded)
    {
        isSuperseded = false;
        if (entry.IsFinal) return false;
        if (_filter is not null && !_filter.MayPass(entry.TypeHash)) return true;
        if (entry.Id <= _joinedAt)
        {
            if (!_wantsLatest) return false;
            if (entry.Key is null) return true;
        }
        else if (!_isLagging)
        {
            return false;
        }

        return isSuperseded = entry.IsSuperseded;
    }
}

/// <summary>What happens to the next event of a subscription.</summary>
internal enum DeliveryDecision
{
    /// <summary>It is sent.</summary>
    Send,

    /// <summary>It is not wanted.</summary>
    Exclude,

    /// <summary>It is not wanted because a newer event of its key exists.</summary>
    Superseded,

    /// <summary>Its frame was evicted after the cursor reached its entry: the cursor must seek again.</summary>
    Lost,
}
