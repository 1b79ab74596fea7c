using SseServer.Log;

namespace SseServer.Delivery;

/// <summary>
/// One topic, chunked, nothing excluded: the frames from the cursor to the end of its segment, sent from the segment itself.
/// </summary>
internal sealed class SegmentSource : FrameSource
{
    public override RunStatus Next(Subscription subscription, out FrameRun run)
    {
        ref var cursor = ref subscription.Cursors[0];
        var state = cursor.Peek(subscription.LastId, out var entries, out var count, out var bytes);
        if (state != CursorState.Entry)
        {
            run = FrameRun.Empty(subscription.LastId);
            return state == CursorState.AtHead ? RunStatus.AtHead : RunStatus.MustSeek;
        }

        ref readonly var first = ref entries[cursor.Index];
        ref readonly var last = ref entries[count - 1];
        run = new()
        {
            Bytes = bytes,
            Offset = first.Offset,
            Length = last.End - first.Offset,
            Frames = count - cursor.Index,
            Through = last.Id,
            LastFrame = last.Id,
            Owner = first.Home,
            Entries = entries.AsSpan(cursor.Index, count - cursor.Index),
        };
        return RunStatus.More;
    }

    public override FrameCut FindCut(in FrameRun run, int sent)
    {
        var cut = LogSegment.FindByOffset(run.Entries, run.Offset + sent);
        ref readonly var entry = ref run.Entries[cut];
        return new(cut + 1, entry.End - run.Offset, entry.Id);
    }

    public override void Advance(Subscription subscription, in FrameRun run, int frames) => subscription.Cursors[0].Index += frames;
}
