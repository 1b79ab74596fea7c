using SseServer.Catalog;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

/// <summary>
/// An event on its way into the logs. It has its id and, with a store, is committed or will be. Created by the memory publisher, or by the
/// sequencer after a commit; a reader of a database that other servers share could create it too.
/// </summary>
internal readonly ref struct LogRecord
{
    public required Topic Topic { get; init; }

    /// <summary>Above the head.</summary>
    public required EventId Id { get; init; }

    /// <summary>The frame as it was committed; empty if it is to be built from <see cref="Block"/>.</summary>
    public ReadOnlySpan<byte> Frame { get; init; }

    /// <summary>The length of the chunk prefix of <see cref="Frame"/>.</summary>
    public int PrefixLength { get; init; }

    /// <summary>The event's fields and the blank line; used only without a <see cref="Frame"/>.</summary>
    public ReadOnlySpan<byte> Block { get; init; }

    /// <summary>The publisher's id; empty if it gave none.</summary>
    public ReadOnlySpan<byte> PublisherId { get; init; }

    /// <summary>From <see cref="ContentDigest"/>; 0 without a publisher's id.</summary>
    public long Digest { get; init; }

    /// <summary>The event's key; empty if it has none.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The hash of the event's type, from <see cref="EventFilter.HashOf"/>.</summary>
    public int TypeHash { get; init; }

    /// <summary>The topic ends with it.</summary>
    public bool IsFinal { get; init; }

    /// <summary>It is the topic's end and nothing else.</summary>
    public bool IsEndAlone { get; init; }
}
