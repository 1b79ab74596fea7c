using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Delivery;

/// <summary>
/// What makes a subscription a poll: its response ends as soon as it has something to say and nothing more is there, or when it is full, or
/// when its time is over. While it waits it costs what a stream costs. Belongs to the subscription's shard.
/// </summary>
/// <param name="limit">The most events in the response; 1 or more.</param>
/// <param name="wait">How long it waits for the first event.</param>
internal sealed class Poll(int limit, TimeSpan wait)
{
    private long _deadline;

    /// <summary>Events that it may still be sent.</summary>
    public int Remaining { get; private set; } = limit;

    /// <summary>It is sent no more events.</summary>
    public bool IsFull => Remaining == 0;

    /// <summary>
    /// What was announced as lost; null if nothing was. A loss that is found after an event was sent is left to the next poll, which
    /// resumes in front of it: so a gap always precedes the events of its response.
    /// </summary>
    public PollGap? Gap { get; private set; }

    /// <summary>All topics have ended, and it was sent everything.</summary>
    public bool HasEnded { get; set; }

    /// <summary>It was sent an event.</summary>
    public bool HasEvents { get; private set; }

    /// <summary>It was sent an event or a gap.</summary>
    public bool HasAnswer => HasEvents || Gap is not null;

    /// <summary>Starts its time.</summary>
    /// <param name="now">In <see cref="Catalog.HubClock.Milliseconds"/>.</param>
    public void Begin(long now) => _deadline = now + (long)wait.TotalMilliseconds;

    /// <summary>Its time is over.</summary>
    public bool IsDue(long now) => now >= _deadline;

    /// <summary>Counts events that were sent.</summary>
    public void Count(int events)
    {
        Remaining -= events;
        HasEvents |= events > 0;
    }

    /// <summary>Notes that a gap is announced; several before the first event are one.</summary>
    /// <param name="topics">The logs that lost events.</param>
    /// <param name="after">The last id that the client has, if any.</param>
    /// <param name="from">The first event that follows, if any.</param>
    public void Announce(IReadOnlyList<byte[]> topics, string? after, EventId? from)
        => Gap = Gap is { } earlier
            ? new([.. earlier.Topics.Concat(topics).Distinct(Utf8Comparer.Instance)], earlier.After, from ?? earlier.From)
            : new([.. topics], after, from);
}

/// <summary>A gap in the answer to a poll.</summary>
/// <param name="Topics">The topics or patterns that lost events.</param>
/// <param name="After">The last id that the client had; null if it had none.</param>
/// <param name="From">The first id that follows; null if there is none yet.</param>
internal sealed record PollGap(IReadOnlyList<byte[]> Topics, string? After, EventId? From);
