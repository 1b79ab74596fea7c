using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;

namespace SseServer.Delivery;

/// <summary>
/// Renders frames as another <see cref="Representation"/>: <see cref="MergedSource"/> and <see cref="StoreSource"/> send the result in the
/// frame's place, as a chunk of its own. Recent results are kept, so a new event is rendered once for all subscribers of a shard; replays
/// from the store are not kept. One for each shard, used only by the thread that runs it; takes no memory before its first use.
/// </summary>
internal sealed class FrameRenderer : IDisposable
{
    // Larger than what a turn sends, so that the next subscriber's turn finds all of it.
    private const int KeptBytes = 256 * 1024;

    // One frame larger than that is kept besides, until the next one.
    private const int MaxKeptFrame = KeptBytes / 4;

    // More memory than this is freed after an event that needed it.
    private const int MaxPayloadBuffer = 1024 * 1024;

    private readonly Dictionary<long, Slot> _slots = [];
    private ArrayBufferWriter<byte>? _payload;
    private Utf8JsonWriter? _json;
    private byte[] _kept = [];
    private byte[] _large = [];
    private Slot _largeSlot;
    private long _largeKey;
    private int _used;

    /// <summary>Where a rendered chunk lies, and the length of its prefix.</summary>
    private readonly record struct Slot(int Offset, int Length, int PrefixLength);

    /// <summary>
    /// Renders an event in memory, or finds it among those kept. Empty if the representation has nothing for the frame. Valid until the
    /// next call.
    /// </summary>
    public ArraySegment<byte> Render(Subscription subscription, in SourceFrame frame, bool isFirst)
    {
        // An id is positive, and no two events have the same one; so the keys of the three representations differ.
        var key = frame.Id.Value << 1 | (subscription.Representation == Representation.Json ? 1L : 0);
        if (subscription.Representation == Representation.Base128) key = ~key;
        if (key == _largeKey) return Cut(subscription, _large, _largeSlot, isFirst);
        if (!_slots.TryGetValue(key, out var slot))
        {
            if (!Compose(subscription.Representation, frame)) return ArraySegment<byte>.Empty;
            var payload = _payload!.WrittenSpan;
            var length = ChunkEnvelope.Measure(payload.Length);
            if (length > MaxKeptFrame)
            {
                _large = new byte[length];
                (_largeKey, _largeSlot) = (key, new(0, length, ChunkEnvelope.Write(_large, payload)));
                return Cut(subscription, _large, _largeSlot, isFirst);
            }

            if (_kept.Length == 0) _kept = GC.AllocateUninitializedArray<byte>(KeptBytes);
            if (length > _kept.Length - _used)
            {
                _slots.Clear();
                _used = 0;
            }

            slot = new(_used, length, ChunkEnvelope.Write(_kept.AsSpan(_used), payload));
            _slots.Add(key, slot);
            _used += length;
        }

        return Cut(subscription, _kept, slot, isFirst);
    }

    /// <summary>
    /// Renders a stored event to the end of a buffer, which grows as needed; returns the length, 0 if the representation has nothing for
    /// the frame.
    /// </summary>
    public int RenderTo(ref byte[] buffer, int used, Subscription subscription, in SourceFrame frame, bool isFirst)
    {
        if (!Compose(subscription.Representation, frame)) return 0;
        var payload = _payload!.WrittenSpan;
        var length = ChunkEnvelope.Measure(payload.Length);
        if (buffer.Length - used < length) Array.Resize(ref buffer, Math.Max(used + length, buffer.Length * 2));
        var slot = new Slot(used, length, ChunkEnvelope.Write(buffer.AsSpan(used), payload));
        var rendered = Cut(subscription, buffer, slot, isFirst);
        // Without chunked coding, the payload moves over its prefix.
        if (rendered.Offset > used) rendered.AsSpan().CopyTo(buffer.AsSpan(used));
        return rendered.Count;
    }

    public void Dispose() => _json?.Dispose();

    private static ArraySegment<byte> Cut(Subscription subscription, byte[] bytes, Slot slot, bool isFirst)
    {
        // The separator in front of an array's element, which the first one does not have.
        if (subscription.Representation == Representation.Json)
            bytes[slot.Offset + slot.PrefixLength] = isFirst ? (byte)' ' : (byte)',';
        return subscription.IsChunked
            ? new(bytes, slot.Offset, slot.Length)
            : new(bytes, slot.Offset + slot.PrefixLength, slot.Length - slot.PrefixLength - ChunkEnvelope.Suffix.Length);
    }

    /// <summary>Composes the payload; false if there is none.</summary>
    private bool Compose(Representation representation, in SourceFrame frame)
    {
        if (_payload is null || _payload.Capacity > MaxPayloadBuffer) (_payload, _json) = (new(4096), null);
        _payload.ResetWrittenCount();
        var fields = FrameFields.Read(frame.Payload);
        if (representation == Representation.Json)
        {
            if (!fields.HasEvent) return false;
            _payload!.Write(","u8);
            WriteJson(frame, fields);
        }
        else if (representation == Representation.Base128 ? fields.IsBase64 : fields.HasEvent)
        {
            WriteBlock(representation, frame, fields);
        }
        else
        {
            _payload!.Write(frame.Payload);
        }

        return true;
    }

    // The event's own block with other data; a block with only the event id follows it if the publisher gave an id (EventFrame).
    private void WriteBlock(Representation representation, in SourceFrame frame, in FrameFields fields)
    {
        _payload!.Write("id: "u8);
        _payload!.Write(fields.Id);
        _payload!.Write("\n"u8);
        if (representation == Representation.Base128 && !fields.Name.IsEmpty)
        {
            _payload!.Write("event: "u8);
            _payload!.Write(fields.Name);
            _payload!.Write("\n"u8);
        }

        if (fields.RetryMilliseconds >= 0) ControlBlocks.WriteRetryLine(_payload!, fields.RetryMilliseconds);
        _payload!.Write("data:"u8);
        if (representation == Representation.Base128)
        {
            WriteBase128(fields);
        }
        else
        {
            _payload!.Write(" "u8);
            WriteJson(frame, fields);
        }

        _payload!.Write("\n\n"u8);
        if (fields.HasPublisherId) ControlBlocks.WritePosition(_payload!, frame.Id);
    }

    private void WriteBase128(in FrameFields fields)
    {
        var lines = fields.DataLines;
        fields.TryTakeData(ref lines, out var base64);
        var bytes = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        Base64.DecodeFromUtf8(base64, bytes, out _, out var length);
        var text = _payload!.GetSpan(Base128.MaxEncodedLength(length));
        _payload!.Advance(Base128.Encode(bytes.AsSpan(0, length), text));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void WriteJson(in SourceFrame frame, in FrameFields fields)
    {
        if (_json is null) _json = new(_payload!, EventJson.WriterOptions);
        else _json.Reset();
        EventJson.Write(_json, frame.Topic, frame.Id, fields);
        _json.Flush();
    }
}

/// <summary>A frame that is to be rendered.</summary>
/// <param name="topic">Its topic.</param>
/// <param name="id">Its event id.</param>
/// <param name="payload">From <see cref="EventFrame.Payload"/>.</param>
internal readonly ref struct SourceFrame(ReadOnlySpan<byte> topic, EventId id, ReadOnlySpan<byte> payload)
{
    public ReadOnlySpan<byte> Topic { get; } = topic;

    public EventId Id { get; } = id;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}
