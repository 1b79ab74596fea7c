using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>Where a new subscription begins.</summary>
internal readonly record struct ResumePoint
{
    public enum Start
    {
        /// <summary>With what is published from now on.</summary>
        Head,

        /// <summary>With the oldest retained event.</summary>
        Oldest,

        /// <summary>With the newest event of each key, and then with what is published from now on.</summary>
        Latest,

        /// <summary>With the first event at or after a time; what is no longer retained is not a gap, since no reader had asked for it.</summary>
        Time,

        /// <summary>After the event with an id, hub's or publisher's: exactly, or with a gap said.</summary>
        AfterId,
    }

    public Start From { get; private init; }

    public EventId Id { get; private init; }

    /// <summary>The id as the client gave it.</summary>
    public byte[]? Text { get; private init; }

    /// <summary>Where the store has a publisher's id, among what the subscriber selects.</summary>
    public EventId? Found { get; init; }

    public static ResumePoint Head => default;

    public static ResumePoint Oldest => new() { From = Start.Oldest };

    public static ResumePoint Latest => new() { From = Start.Latest };

    public static ResumePoint At(DateTimeOffset time) => new() { From = Start.Time, Id = EventId.FirstAt(time) };

    public static ResumePoint After(ReadOnlySpan<byte> id) => new() { From = Start.AfterId, Text = id.ToArray() };
}
