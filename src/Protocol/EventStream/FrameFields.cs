using System.Buffers.Text;

namespace SseServer.Protocol.EventStream;

/// <summary>The fields of a frame's event, as views of its bytes: the reverse of <see cref="EventFrame"/>, which has the grammar.</summary>
public readonly ref struct FrameFields
{
    private static ReadOnlySpan<byte> NamePrefix => "event: "u8;

    private static ReadOnlySpan<byte> RetryPrefix => "retry: "u8;

    /// <summary>The id that clients see: the publisher's or, if it gave none, the event id.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    /// <summary>Whether the publisher gave the id.</summary>
    public bool HasPublisherId { get; private init; }

    /// <summary>The event's name; empty if it has none.</summary>
    public ReadOnlySpan<byte> Name { get; private init; }

    /// <summary>The reconnection time in milliseconds; -1 if the event has none.</summary>
    public int RetryMilliseconds { get; private init; }

    /// <summary>The <c>data</c> lines with their line feeds; empty if the frame has an id and no event.</summary>
    public ReadOnlySpan<byte> DataLines { get; private init; }

    /// <summary>The data is binary: one line of base64.</summary>
    public bool IsBase64 { get; private init; }

    /// <summary>Whether the frame has an event; it may be only the end of its topic.</summary>
    public bool HasEvent => !DataLines.IsEmpty;

    /// <summary>The length of what precedes the value of a data line.</summary>
    private int DataPrefixLength => IsBase64 ? "data:".Length : "data: ".Length;

    /// <summary>Reads the payload of a frame.</summary>
    /// <param name="payload">From <see cref="EventFrame.Payload"/>.</param>
    public static FrameFields Read(ReadOnlySpan<byte> payload)
    {
        var rest = payload;
        var id = TakeLine(ref rest)["id: ".Length..];
        var name = rest.StartsWith(NamePrefix) ? TakeLine(ref rest)[NamePrefix.Length..] : default;
        var hasRetry = rest.StartsWith(RetryPrefix);
        if (!hasRetry || !Utf8Parser.TryParse(TakeLine(ref rest)[RetryPrefix.Length..], out int retry, out _)) retry = -1;

        // Either the blank line follows, or data lines do, and the blank line is the first that is empty.
        var length = rest[0] == (byte)'\n' ? 0 : rest.IndexOf("\n\n"u8) + 1;
        var data = rest[..length];
        return new()
        {
            Id = id,
            HasPublisherId = rest.Length > length + 1,
            Name = name,
            RetryMilliseconds = retry,
            DataLines = data,
            IsBase64 = length > 0 && data["data:".Length] != (byte)' ',
        };
    }

    /// <summary>Takes the value of the next data line; false after the last one.</summary>
    /// <param name="lines">The lines that are left; <see cref="DataLines"/> at first.</param>
    /// <param name="line">The value.</param>
    public bool TryTakeData(scoped ref ReadOnlySpan<byte> lines, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (lines.IsEmpty) return false;
        line = TakeLine(ref lines)[DataPrefixLength..];
        return true;
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)'\n');
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line;
    }
}
