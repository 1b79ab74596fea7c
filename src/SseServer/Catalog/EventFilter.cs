using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Catalog;

/// <summary>
/// The types of events that a subscription wants, by name. Immutable. A log's entries hold a hash of each event's type, so most unwanted
/// events are skipped without reading their frames.
/// </summary>
internal sealed class EventFilter
{
    /// <summary>The most names in a filter.</summary>
    // A page shows a handful of types. The names are compared one after another, so the list stays short.
    public const int MaxNames = 16;

    private static readonly int DefaultHash = Utf8Comparer.Instance.GetHashCode(DefaultName);

    private readonly byte[][] _names;
    private readonly int[] _hashes;

    private EventFilter(byte[][] names) => (_names, _hashes) = (names, Array.ConvertAll(names, name => HashOf(name)));

    /// <summary>What clients call an event without a name (WHATWG HTML 9.2.6).</summary>
    private static ReadOnlySpan<byte> DefaultName => "message"u8;

    /// <summary>The hash of an event's type, by its name, which may be empty.</summary>
    public static int HashOf(ReadOnlySpan<byte> name) => name.IsEmpty ? DefaultHash : Utf8Comparer.Instance.GetHashCode(name);

    /// <summary>
    /// Creates a filter; null if there are no names. False, with a sentence that says what to correct, if a name is invalid or there are
    /// too many.
    /// </summary>
    public static bool TryCreate(IReadOnlyList<byte[]> names, out EventFilter? filter, out string? problem)
    {
        (filter, problem) = (null, null);
        foreach (var name in names)
        {
            if (name.Length == 0) problem = "event= is empty. Give the name of an event type, or message for events without a name.";
            else if (!EventName.TryCreate(name, out _))
                problem = $"event= is invalid. An event type has at most {EventName.MaxBytes} bytes of UTF-8 without control characters.";
        }

        if (names.Count > MaxNames) problem = $"event= is given too often: at most {MaxNames} event types. Omit event= to get all types.";
        if (problem is null && names.Count > 0) filter = new([.. names]);
        return problem is null;
    }

    /// <summary>False if an event whose type has this hash is not wanted.</summary>
    public bool MayPass(int hash) => _hashes.AsSpan().Contains(hash);

    /// <summary>Whether an event is wanted.</summary>
    public bool Passes(ReadOnlySpan<byte> frame, int prefixLength)
    {
        var type = EventFrame.EventName(frame, prefixLength);
        if (type.IsEmpty) type = DefaultName;
        foreach (var name in _names)
            if (type.SequenceEqual(name)) return true;
        return false;
    }
}
