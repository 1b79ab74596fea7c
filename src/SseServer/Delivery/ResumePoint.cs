using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>Where a new subscription begins.</summary>
internal readonly record struct ResumePoint
{
    public enum Start
    {
        /// <summary>With the next event published.</summary>
        Head,

        /// <summary>With the oldest retained event.</summary>
        Oldest,

        /// <summary>With the newest event of each key, followed by the next events published.</summary>
        Latest,

        /// <summary>
        /// With the first event at or after a time. Events that are no longer retained are not announced as a gap, because the subscriber
        /// never had a position in them.
        /// </summary>
        Time,

        /// <summary>
        /// With the last events, a number of them. Becomes one of the others when the subscription's logs are known.
        /// </summary>
        Last,

        /// <summary>After the event with an id, the server's or a publisher's: exactly there, or with a gap.</summary>
        AfterId,
    }

    public Start From { get; private init; }

    public EventId Id { get; private init; }

    /// <summary>The id as the client gave it.</summary>
    public byte[]? Text { get; private init; }

    /// <summary>The event id that the store has for the publisher's id, in a topic that the subscriber selects.</summary>
    public EventId? Found { get; init; }

    /// <summary>How many of the last events.</summary>
    public int Count { get; private init; }

    public static ResumePoint Head => default;

    public static ResumePoint Oldest => new() { From = Start.Oldest };

    public static ResumePoint Latest => new() { From = Start.Latest };

    public static ResumePoint At(DateTimeOffset time) => new() { From = Start.Time, Id = EventId.FirstAt(time) };

    /// <summary>With an event, or with the first one after it.</summary>
    public static ResumePoint At(EventId id) => new() { From = Start.Time, Id = id };

    public static ResumePoint Last(int count) => new() { From = Start.Last, Count = count };

    public static ResumePoint After(ReadOnlySpan<byte> id) => new() { From = Start.AfterId, Text = id.ToArray() };
}
