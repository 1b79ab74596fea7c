using System.Globalization;
using System.Text;

namespace SseServer.Tests.Hub.Support;

/// <summary>
/// A stream, which may be cut anywhere, as a client parses it: strictly decodes the chunked coding (RFC 9112 section 7.1) and parses the
/// complete blocks (WHATWG HTML 9.2.6).
/// </summary>
internal sealed class ReceivedStream
{
    private ReceivedStream(List<ReceivedEvent> blocks, bool isEnded) => (Blocks, IsEnded) = (blocks, isEnded);

    public IReadOnlyList<ReceivedEvent> Blocks { get; }

    /// <summary>The terminating chunk came, and nothing after it.</summary>
    public bool IsEnded { get; }

    /// <summary>The published events: blocks with data that are not the server's own.</summary>
    public IEnumerable<ReceivedEvent> Events
        => Blocks.Where(block => block.Data is not null && block.Name is not ("connected" or "gap" or "heartbeat" or "auth-expiring"));

    public string[] Data => [.. Events.Select(e => e.Data!)];

    public IEnumerable<string> Gaps => Blocks.Where(block => block.Name == "gap").Select(block => block.Data!);

    /// <summary>What the client sends as Last-Event-ID when it reconnects.</summary>
    public string? LastEventId => Blocks.LastOrDefault(block => block.Id is not null)?.Id;

    public static ReceivedStream Read(ReadOnlySpan<byte> bytes, bool isChunked)
    {
        var isEnded = false;
        var payload = isChunked ? TakeOffChunks(bytes, out isEnded) : bytes;
        var blocks = new List<ReceivedEvent>();
        while (true)
        {
            // A heartbeat is a line of its own, without a blank line.
            var isHeartbeat = payload.StartsWith(":\n"u8);
            var end = isHeartbeat ? 1 : payload.IndexOf("\n\n"u8);
            if (end < 0) return new(blocks, isEnded);
            blocks.Add(ReadBlock(payload[..end]));
            payload = payload[(isHeartbeat ? 2 : end + 2)..];
        }
    }

    private static ReadOnlySpan<byte> TakeOffChunks(ReadOnlySpan<byte> bytes, out bool isEnded)
    {
        isEnded = false;
        var payload = new byte[bytes.Length];
        var length = 0;
        for (int line; (line = bytes.IndexOf("\r\n"u8)) >= 0;)
        {
            Assert.That(isEnded, Is.False, "Bytes after the last chunk.");
            var size = int.Parse(bytes[..line], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            bytes = bytes[(line + 2)..];
            var part = bytes[..Math.Min(size, bytes.Length)];
            part.CopyTo(payload.AsSpan(length));
            length += part.Length;
            if (bytes.Length < size + 2) break;
            if (!bytes.Slice(size, 2).SequenceEqual("\r\n"u8)) Assert.Fail("A chunk does not end where its size says.");
            bytes = bytes[(size + 2)..];
            isEnded = size == 0;
        }

        return payload.AsSpan(0, length);
    }

    private static ReceivedEvent ReadBlock(ReadOnlySpan<byte> block)
    {
        var (id, name, retry) = ((string?)null, (string?)null, (string?)null);
        var data = new List<string>();
        foreach (var line in Encoding.UTF8.GetString(block).Split('\n'))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            // Base64 data has no space after its colon.
            if (line.StartsWith("data:", StringComparison.Ordinal)) colon = "data".Length;
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' ')) value = value[1..];
            switch (colon < 0 ? line : line[..colon])
            {
                case "id": id = value; break;
                case "event": name = value; break;
                case "data": data.Add(value); break;
                case "retry": retry = value; break;
                case ":": break;
                default: Assert.Fail($"No line of an event stream: '{line}'"); break;
            }
        }

        return new(id, name, data.Count > 0 ? string.Join('\n', data) : null, retry);
    }
}
