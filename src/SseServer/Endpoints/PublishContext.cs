using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using SseServer.Publishing;

namespace SseServer.Endpoints;

/// <summary>
/// The working memory of one publish: parameters, body, encoded batch, response. Pooled, because a publish is the hot path of this layer.
/// One thread at a time.
/// </summary>
internal sealed class PublishContext
{
    // A context that has grown beyond this is left to the garbage collector.
    private const int MaxPooledBytes = 256 * 1024;

    // Enough for all publishes that are computing and some that wait for their bodies; the contexts of a burst are not kept.
    private static readonly int MaxPooled = 8 * Environment.ProcessorCount;

    private static readonly ConcurrentQueue<PublishContext> Pool = [];

    private PublishContext() => Writer = new Utf8JsonWriter(Response);

    /// <summary>The body's account in <see cref="BodyMemory"/>.</summary>
    public BodyHold Hold { get; } = new();

    /// <summary>
    /// Bytes of memory for the body and its events. Body and texts count twice, because the arrays that hold them double as they grow.
    /// </summary>
    public long HeldBytes => 2L * (Body.WrittenCount + Text.WrittenCount) + Batch.HeldBytes + ParserBytes;

    /// <summary>Bytes that the parser of a stream of events holds; part of <see cref="HeldBytes"/>.</summary>
    public long ParserBytes { get; set; }

    public RequestParameters Parameters { get; } = new();

    /// <summary>Who publishes, and the topics that the publisher may publish to.</summary>
    public AuthorizationResult Authorization { get; set; }

    /// <summary>The parsed URL; refers to <see cref="Parameters"/>.</summary>
    public PublishRequest Request { get; set; }

    public ArrayBufferWriter<byte> Body { get; } = new(1024);

    /// <summary>Decoded texts: strings of a batch without their escapes, or a binary body in base64.</summary>
    public ArrayBufferWriter<byte> Text { get; } = new(256);

    public PublishBatch Batch { get; } = new();

    public ArrayBufferWriter<byte> Response { get; } = new(128);

    public Utf8JsonWriter Writer { get; }

    public static PublishContext Take() => Pool.TryDequeue(out var context) ? context : new PublishContext();

    public void Return()
    {
        Batch.Clear();
        if (Body.Capacity > MaxPooledBytes || Text.Capacity > MaxPooledBytes || Parameters.Capacity > MaxPooledBytes) return;
        Body.ResetWrittenCount();
        Text.ResetWrittenCount();
        ParserBytes = 0;
        (Authorization, Request) = (default, default);
        if (Pool.Count < MaxPooled) Pool.Enqueue(this);
    }

    /// <summary>Starts a JSON response.</summary>
    public Utf8JsonWriter BeginResponse()
    {
        Response.ResetWrittenCount();
        Writer.Reset(Response);
        return Writer;
    }

    /// <summary>Ends a JSON response with a line end.</summary>
    public void EndResponse()
    {
        Writer.Flush();
        Response.Write("\n"u8);
    }
}
