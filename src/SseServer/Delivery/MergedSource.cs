using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;

namespace SseServer.Delivery;

/// <summary>
/// Events in memory that cannot be sent straight from a segment: of several logs or a pattern, without chunked coding (HTTP/1.0), in
/// another representation, for a poll, or with some events excluded. Copies frames into a buffer in id order up to the head, each
/// once. A frame too large for that is a run of its own, in its segment or as it was rendered.
/// </summary>
internal sealed class MergedSource(EventIdSequence ids, FrameRenderer renderer, ShardCounters counters) : FrameSource
{
    private const int ScratchBytes = 64 * 1024;

    // The rest of a copied frame must be small enough to be copied again, because the next subscription uses the buffer.
    private const int MaxCopiedFrame = ShardWriter.MaxCopiedRest;

    // Events skipped in one run.
    private const int MaxSkipped = 1024;

    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(ScratchBytes);
    private Gathered[] _frames = new Gathered[256];

    /// <summary>A frame of the run, and where its cursor was before it.</summary>
    private struct Gathered
    {
        public EventId Id;
        public LogSegment Segment;
        public int Index;
        public int CursorIndex;
        public int End;
    }

    public override RunStatus Next(Subscription subscription, out FrameRun run)
    {
        // The head is read first: every event up to it is in the logs.
        var head = ids.Head;
        var state = Gather(subscription, head, out run);
        if (state == CursorState.Evicted) return RunStatus.MustSeek;
        if (state != CursorState.AtHead || run.Frames > 0) return RunStatus.More;
        run = FrameRun.Empty(head > subscription.LastId ? head : subscription.LastId, run.Skipped);
        return RunStatus.AtHead;
    }

    public override FrameCut FindCut(in FrameRun run, int sent)
    {
        var cut = 0;
        while (_frames[cut].End <= sent) cut++;
        return new(cut + 1, _frames[cut].End, _frames[cut].Id);
    }

    public override void Advance(Subscription subscription, in FrameRun run, int frames)
    {
        // The cursors step back over the frames after the cut one, the newest first. Events skipped before the cut stay skipped.
        for (var last = run.Frames - 1; last >= frames; last--)
        {
            ref readonly var frame = ref _frames[last];
            ref var cursor = ref subscription.Cursors[frame.CursorIndex];
            (cursor.Segment, cursor.Index) = (frame.Segment, frame.Index);
        }

        // Otherwise the array would keep dropped segments alive.
        _frames.AsSpan(0, run.Frames).Clear();
    }

    private CursorState Gather(Subscription subscription, EventId head, out FrameRun run)
    {
        int frames = 0, length = 0, skipped = 0;
        var through = subscription.LastId;
        var filter = new DeliveryFilter(subscription);
        var state = CursorState.Entry;
        var room = subscription.Poll?.Remaining ?? int.MaxValue;
        while (skipped < MaxSkipped && frames < room)
        {
            state = FindNext(subscription, through, head, out var next, out var entries);
            if (state != CursorState.Entry) break;
            ref var cursor = ref subscription.Cursors[next];
            ref readonly var entry = ref entries[cursor.Index];
            var decision = filter.Decide(cursor.Log, entry, out var segment, out var offset, out var bytes);
            if (decision == DeliveryDecision.Lost)
            {
                state = CursorState.Evicted;
                break;
            }

            if (decision == DeliveryDecision.Superseded) counters.Superseded++;
            var part = decision == DeliveryDecision.Send
                ? Represent(subscription, segment, entry, new(bytes, offset, entry.Length), isFirst: frames == 0)
                : ArraySegment<byte>.Empty;
            if (part.Count == 0)
            {
                skipped++;
                cursor.Index++;
                through = entry.Id;
                continue;
            }

            ReadOnlySpan<byte> frame = part;
            var isLarge = frame.Length > MaxCopiedFrame;
            // A large frame is sent alone, and each run has room for at least one other.
            if (isLarge ? frames > 0 : frame.Length > _scratch.Length - length) break;
            if (!isLarge) frame.CopyTo(_scratch.AsSpan(length));
            length += frame.Length;
            if (frames == _frames.Length) Array.Resize(ref _frames, frames * 2);
            _frames[frames++] = new() { Id = entry.Id, Segment = cursor.Segment, Index = cursor.Index, CursorIndex = next, End = length };
            cursor.Index++;
            through = entry.Id;
            if (!isLarge) continue;
            run = new()
            {
                Bytes = part.Array!,
                Offset = part.Offset,
                Length = length,
                Frames = 1,
                Skipped = skipped,
                Through = through,
                LastFrame = through,
                Owner = part.Array == bytes ? segment : null,
            };
            return CursorState.Entry;
        }

        run = new()
        {
            Bytes = _scratch,
            Length = length,
            Frames = frames,
            Skipped = skipped,
            Through = through,
            LastFrame = frames > 0 ? _frames[frames - 1].Id : default,
        };
        return state;
    }

    /// <summary>What the subscription is sent for a frame; empty if that is nothing.</summary>
    private ArraySegment<byte> Represent(
        Subscription subscription, LogSegment segment, in LogEntry entry, ArraySegment<byte> frame, bool isFirst)
    {
        if (subscription.Representation == Representation.EventStream)
            return subscription.IsChunked ? frame : frame[entry.PrefixLength..^ChunkEnvelope.Suffix.Length];
        var source = new SourceFrame(segment.Topic, entry.Id, EventFrame.Payload(frame, entry.PrefixLength));
        return renderer.Render(subscription, source, isFirst && subscription.Poll is { HasEvents: false });
    }

    /// <summary>
    /// The cursor whose next entry has the lowest id, and the entries it points into. Entries that came through another log already are
    /// skipped.
    /// </summary>
    private static CursorState FindNext(Subscription subscription, EventId after, EventId head, out int next, out LogEntry[] entries)
    {
        (next, entries) = (-1, []);
        var lowest = new EventId(long.MaxValue);
        var cursors = subscription.Cursors;
        for (var i = 0; i < cursors.Length; i++)
        {
            var state = cursors[i].Peek(after, out var candidates, out _);
            if (state == CursorState.Evicted) return state;
            if (state == CursorState.AtHead) continue;
            var id = candidates[cursors[i].Index].Id;
            if (id > head || id >= lowest) continue;
            (lowest, next, entries) = (id, i, candidates);
        }

        return next < 0 ? CursorState.AtHead : CursorState.Entry;
    }
}
