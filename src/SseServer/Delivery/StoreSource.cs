using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Events that memory no longer has: pages from the store, until the subscription reaches what memory has. A page is taken, returned by
/// <see cref="Next"/> as one run, and given back to the pool in the same turn.
/// </summary>
internal sealed class StoreSource(StoreReaderPool? replays, FrameRenderer renderer) : FrameSource
{
    // The memory of a larger page is freed.
    private const int MaxRendered = 1024 * 1024;

    private byte[] _rendered = [];
    private StoredPage _page = null!;
    private EventId _through;
    private int _count;

    /// <summary>
    /// Whether the next events may be in the store only, and up to which id; after it memory has all of them. A subscription that is not
    /// sent superseded events needs the store for less, because memory keeps the newest event of each key.
    /// </summary>
    internal static bool MustRead(Subscription subscription, out EventId through)
    {
        through = default;
        var isInSnapshot = subscription.IsInSnapshot;
        var wantsNewest = isInSnapshot || (subscription.IsLagging && subscription.LastId >= subscription.JoinedAt);
        foreach (ref readonly var cursor in subscription.Cursors.AsSpan())
        {
            var level = wantsNewest ? cursor.Log.Marks.MemoryLiveStart : cursor.Log.Marks.MemoryStart;
            if (level > through) through = level;
        }

        // Everything after the point where it joined is wanted.
        if (isInSnapshot && through > subscription.JoinedAt) through = subscription.JoinedAt;
        return through > subscription.LastId;
    }

    /// <summary>
    /// Takes the page that follows the subscription's position, for <see cref="FrameSource.Next"/>; asks for it and returns null if it is
    /// not there. The caller must call <see cref="Return"/>.
    /// </summary>
    /// <param name="subscription">Whose page it is.</param>
    /// <param name="through">From <see cref="MustRead"/>.</param>
    public StoredPage? TryTake(Subscription subscription, EventId through)
    {
        var replay = subscription.Replay ??= new(
            subscription.Cursors, needsNames: subscription.Representation != Representation.EventStream,
            () => subscription.Signal(Subscription.Signals.PageReady));
        if (replay.HasFailed) return null;
        var page = replay.Take();
        if (page is not null && replay.After != subscription.LastId)
        {
            // It was asked for at another position, where memory had the next events after all.
            Return(page);
            page = null;
        }

        if (page is null)
        {
            if (!replay.IsAsked) replay.Ask(subscription.LastId, through, subscription.IsInSnapshot, replays!);
            return null;
        }

        (_page, _through) = (page, replay.Through);
        return page;
    }

    /// <summary>Gives a page back to the pool.</summary>
    public void Return(StoredPage page)
    {
        if (page == _page) _page = null!;
        replays!.Return(page);
    }

    public override RunStatus Next(Subscription subscription, out FrameRun run)
    {
        var last = _page.Count > 0 ? new EventId(_page.Entries[_page.Count - 1].Id) : subscription.LastId;
        var (length, isWhole, bytes) = (_page.Length, true, _page.Bytes);
        _count = _page.Count;
        if (!subscription.TakesFrames || subscription.Filter is not null) isWhole = Reduce(subscription, ref bytes, out length);
        var isEnd = _page.IsEnd && isWhole;
        run = new()
        {
            Bytes = bytes,
            Length = length,
            Frames = _count,
            Through = isEnd ? _through : isWhole ? last : new(_page.Entries[_count - 1].Id),
            LastFrame = _count > 0 ? new(_page.Entries[_count - 1].Id) : default,
        };
        return isEnd ? RunStatus.MustSeek : RunStatus.More;
    }

    public override FrameCut FindCut(in FrameRun run, int sent)
    {
        var entries = _page.Entries;
        var cut = 0;
        while (entries[cut].Offset + entries[cut].Length <= sent) cut++;
        return new(cut + 1, entries[cut].Offset + entries[cut].Length, new(entries[cut].Id));
    }

    // The cursors seek once memory has the next events.
    public override void Advance(Subscription subscription, in FrameRun run, int frames)
    {
    }

    /// <summary>
    /// Reduces the page to what the subscription is sent: without excluded events, each frame as it is represented, as many as a poll
    /// takes. In place, or in a buffer for what may be longer than the frames. False if events of the page are left.
    /// </summary>
    private bool Reduce(Subscription subscription, ref byte[] bytes, out int length)
    {
        (length, _count) = (0, 0);
        var filter = new DeliveryFilter(subscription);
        var isRendered = subscription.Representation != Representation.EventStream;
        var room = subscription.Poll?.Remaining ?? int.MaxValue;
        if (_rendered.Length > MaxRendered) _rendered = [];
        foreach (ref readonly var entry in _page.Entries.AsSpan(0, _page.Count))
        {
            if (_count == room)
            {
                if (isRendered) bytes = _rendered;
                return false;
            }

            ReadOnlySpan<byte> frame = _page.Bytes.AsSpan(entry.Offset, entry.Length);
            if (filter.Excludes(frame, entry.PrefixLength, entry.IsFinal)) continue;
            int size;
            if (isRendered)
            {
                var source = new SourceFrame(entry.TopicName, new(entry.Id), EventFrame.Payload(frame, entry.PrefixLength));
                var isFirst = _count == 0 && subscription.Poll is { HasEvents: false };
                size = renderer.RenderTo(ref _rendered, length, subscription, source, isFirst);
                if (size == 0) continue;
            }
            else
            {
                if (!subscription.IsChunked) frame = EventFrame.Payload(frame, entry.PrefixLength);
                frame.CopyTo(_page.Bytes.AsSpan(length));
                size = frame.Length;
            }

            _page.Entries[_count++] = entry with { Offset = length, Length = size };
            length += size;
        }

        if (isRendered) bytes = _rendered;
        return true;
    }
}
