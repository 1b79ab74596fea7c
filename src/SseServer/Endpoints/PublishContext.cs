using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using SseServer.Publishing;

namespace SseServer.Endpoints;

/// <summary>What one publish needs while it is underway, kept for the next: parameters, body, encoded batch, reply. One thread at a time.</summary>
internal sealed class PublishContext
{
    // One that has grown beyond this is left to the collector rather than kept.
    private const int MaxKeptBytes = 256 * 1024;

    // As many publishes as can be in the middle of computing, and some that wait for their bodies; a crowd is not kept.
    private static readonly int MaxKept = 8 * Environment.ProcessorCount;

    private static readonly ConcurrentQueue<PublishContext> Kept = [];

    private PublishContext() => Writer = new Utf8JsonWriter(Reply);

    /// <summary>What its body counts for.</summary>
    public BodyHold Hold { get; } = new();

    /// <summary>Bytes of memory for the body and its events. Texts count twice: the arrays that they lie in double as they grow.</summary>
    public long HeldBytes => 2L * (Body.WrittenCount + Text.WrittenCount) + Batch.HeldBytes + ParserBytes;

    /// <summary>Of these what the parser of a stream of events holds.</summary>
    public long ParserBytes { get; set; }

    public RequestParameters Parameters { get; } = new();

    /// <summary>Who publishes, and what that one may publish to.</summary>
    public AuthorizationResult Authorization { get; set; }

    public ArrayBufferWriter<byte> Body { get; } = new(1024);

    public ArrayBufferWriter<byte> Text { get; } = new(256);

    public PublishBatch Batch { get; } = new();

    public ArrayBufferWriter<byte> Reply { get; } = new(128);

    public Utf8JsonWriter Writer { get; }

    public static PublishContext Take() => Kept.TryDequeue(out var context) ? context : new PublishContext();

    public void Return()
    {
        Batch.Clear();
        if (Body.Capacity > MaxKeptBytes || Text.Capacity > MaxKeptBytes || Parameters.Capacity > MaxKeptBytes) return;
        Body.ResetWrittenCount();
        Text.ResetWrittenCount();
        ParserBytes = 0;
        Authorization = default;
        if (Kept.Count < MaxKept) Kept.Enqueue(this);
    }

    /// <summary>Starts a JSON reply.</summary>
    public Utf8JsonWriter BeginReply()
    {
        Reply.ResetWrittenCount();
        Writer.Reset(Reply);
        return Writer;
    }
}
