using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// Yields the next frames after a subscription's position (<see cref="Subscription.LastId"/>). <see cref="Pump"/> chooses the source, sends
/// its runs, and does everything that follows from a send; a source neither sends nor moves the position. Each shard has one of each kind;
/// only the thread that runs the shard uses them. One call a run, none an event, and nothing is allocated for a run.
/// <para>
/// Another <see cref="Representation"/> of the same events is rendered by <see cref="FrameRenderer"/>, where
/// <see cref="MergedSource"/> and <see cref="StoreSource"/> take a frame. Compressed blocks that all subscribers share would be a log
/// next to the topic's own, and a source over it like <see cref="SegmentSource"/>. Compression for one stream would be a decorator that
/// yields another source's run compressed, as a run of one frame. <see cref="Pump"/> alone has to know it.
/// </para>
/// </summary>
internal abstract class FrameSource
{
    /// <summary>Finds the next frames.</summary>
    /// <param name="subscription">Whose position the frames follow. It has nothing buffered or pending.</param>
    /// <param name="run">The frames, perhaps none.</param>
    public abstract RunStatus Next(Subscription subscription, out FrameRun run);

    /// <summary>Finds the frame that a send stopped in.</summary>
    /// <param name="run">The run last yielded.</param>
    /// <param name="sent">The bytes that were sent: 0 or more, fewer than the run has.</param>
    public abstract FrameCut FindCut(in FrameRun run, int sent);

    /// <summary>Moves the subscription's cursors behind the first <paramref name="frames"/> frames of the run last yielded.</summary>
    public abstract void Advance(Subscription subscription, in FrameRun run, int frames);
}

/// <summary>What follows the run that a <see cref="FrameSource"/> has returned.</summary>
internal enum RunStatus
{
    /// <summary>Perhaps more.</summary>
    More,

    /// <summary>Nothing: the subscription has everything, and the run is empty.</summary>
    AtHead,

    /// <summary>The cursors must seek again: their segments were dropped, or the run came from the store.</summary>
    MustSeek,
}

/// <summary>Where a send stopped within a run: the frame that it stopped in counts as sent, and its rest is sent later.</summary>
/// <param name="Frames">The frames up to and including the one that was cut.</param>
/// <param name="End">Where the cut frame ends, counted in bytes from the beginning of the run.</param>
/// <param name="Id">The id of the cut frame.</param>
internal readonly record struct FrameCut(int Frames, int End, EventId Id);
