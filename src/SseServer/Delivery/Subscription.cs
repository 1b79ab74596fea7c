using System.Diagnostics;
using System.IO.Pipelines;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// A subscriber: a cursor in each of its logs and a connection to write to. What derives from it supplies the connection. All
/// state but the signals belongs to the subscription's shard: only the thread that runs the shard touches it. Signals are for after
/// <c>EventHub.Join</c>; before it the connection is its owner's, who abandons the subscription where the peer goes.
/// </summary>
internal abstract class Subscription
{
    private int _signals;
    private PendingWrite? _pendingWrite;
    private StreamLifetime? _lifetime;

    [Flags]
    public enum Signals
    {
        Joined = 1,
        WriteDone = 2,
        PeerFinished = 4,
        PeerLost = 8,
        EndRequested = 16,
        PageReady = 32,
        PinIsCut = 64,
    }

    /// <summary>The rest of the answer's head and any text before the greeting; written on joining, then let go.</summary>
    public ReadOnlyMemory<byte> Preamble { get; set; }

    /// <summary>Whether the answer has chunked coding; an HTTP/1.0 client gets the frames without their chunk envelope.</summary>
    public bool IsChunked { get; init; } = true;

    /// <summary>
    /// A temporary end of a chunked answer has no last chunk. Many clients take that chunk for the end of everything and never reconnect.
    /// </summary>
    public bool TruncatesTemporaryEnd { get; init; }

    /// <summary>Silence is broken by a named event, which page code can see, instead of a comment.</summary>
    public bool HasHeartbeatEvents { get; init; }

    /// <summary>The types of events that it wants; null for all.</summary>
    public EventFilter? Filter { get; init; }

    /// <summary>When the stream ends by itself; null for never. Changed by <see cref="TryProlong"/> alone.</summary>
    public StreamLifetime? Lifetime
    {
        get => Volatile.Read(ref _lifetime);
        init => _lifetime = value;
    }

    internal FanOutShard Shard { get; set; } = null!;

    internal Cursor[] Cursors { get; set; } = [];

    internal ResumePoint Start { get; set; }

    /// <summary>Its reading of the store; null where it never had to.</summary>
    internal StoreReplay? Replay { get; set; }

    /// <summary>A resume point that nobody here knows, until its gap is said.</summary>
    internal byte[]? UnknownStart { get; set; }

    /// <summary>All events of its logs up to this id were taken for this subscriber.</summary>
    internal EventId LastId { get; set; }

    /// <summary>The hub's head when it joined: what is at or before it is history to this subscription.</summary>
    internal EventId JoinedAt { get; set; }

    /// <summary>Of history it wants the newest event of each key only.</summary>
    internal bool WantsLatest { get; set; }

    /// <summary>It is being sent the newest events of history.</summary>
    internal bool IsInSnapshot => WantsLatest && LastId < JoinedAt;

    /// <summary>It is not sent superseded events.</summary>
    internal bool IsLagging => Pace == ReaderPace.Lagging;

    /// <summary>The id that the client came with; the default if it named none, or none that is known.</summary>
    internal EventId ResumedAfter { get; set; }

    /// <summary>
    /// The last id that the connection was sent: behind <see cref="LastId"/>, the client's resume point is older than need be.
    /// </summary>
    internal EventId SentThrough { get; set; }

    /// <summary>How far it is in its life.</summary>
    internal SubscriptionState State { get; private set; }

    /// <summary>It is sent what its logs get, now or once its pending write is done.</summary>
    internal bool IsOpen => State == SubscriptionState.Open;

    /// <summary>It can be sent something now.</summary>
    internal bool CanSend => IsOpen && !IsBusy;

    /// <summary>A write is pending: the shard leaves the subscription alone until it is done.</summary>
    internal bool IsBusy { get; private set; }

    /// <summary>How it stands to the heads of its logs.</summary>
    internal ReaderPace Pace { get; set; }

    /// <summary>It waits for a turn of its own, behind the turns of its groups.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>The head when the peer sent its FIN: the stream ends once everything up to it was sent. Null before a FIN.</summary>
    internal EventId? EndsAt { get; set; }

    /// <summary>It ends for now: its client is to reconnect. False if all its topics have ended, or its peer asked for no more.</summary>
    internal bool IsEndTemporary { get; private set; }

    /// <summary>Its answer ends without the last chunk, so its connection must close.</summary>
    internal bool IsEndTruncated => IsEndTemporary && TruncatesTemporaryEnd && IsChunked;

    /// <summary>
    /// How it ends once its end was written: dismissed if its client is to come back elsewhere, or when the server is back.
    /// </summary>
    internal StreamEnding EndsAs { get; set; }

    /// <summary>
    /// The memory that the pending write reads from; null if it reads from the output's own buffer. Belongs to <see
    /// cref="PinnedHistory"/>.
    /// </summary>
    internal PinnedHistory.Pin? Pin { get; set; }

    /// <summary>In the shard's clock: when silence is to be broken.</summary>
    internal long HeartbeatDue { get; set; }

    internal int ShardIndex { get; set; }

    /// <summary>The rounds of its groups wait for it, since it is live, unblocked and not yet at the head.</summary>
    internal bool HoldsUpRounds { get; private set; }

    internal Subscription? NextSignalled;

    /// <summary>The reconnection time said at the end of the stream, in milliseconds; 0 for none.</summary>
    internal int EndRetryMilliseconds { get; set; }

    /// <summary>The connection's output. Written by the shard only.</summary>
    protected internal abstract PipeWriter Output { get; }

    /// <summary>
    /// Sends what the connection takes of <paramref name="bytes"/> now; -1 where it is broken. Nothing may be buffered or pending in <see
    /// cref="Output"/>.
    /// </summary>
    protected internal abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the connection: a pending write ends soon, as one on a broken connection does.</summary>
    protected internal virtual void Abort() => Output.CancelPendingFlush();

    /// <summary>Called once, on the shard, with no write pending; the hub does not touch the connection afterwards.</summary>
    protected internal abstract void OnEnded(StreamEnding ending);

    /// <summary>Called on the shard when a stream that was open lost events, most likely because its reader is too slow.</summary>
    protected internal virtual void OnGap()
    {
    }

    /// <summary>Called on the shard when a subscription that was behind has got all that its logs hold.</summary>
    protected internal virtual void OnCaughtUp()
    {
    }

    /// <summary>The peer sent its FIN: it is sent everything up to the head of now, then the end.</summary>
    public void PeerFinished() => Signal(Signals.PeerFinished);

    /// <summary>The connection is gone or was aborted.</summary>
    public void PeerLost() => Signal(Signals.PeerLost);

    /// <summary>Ends the stream for now, after the current frame.</summary>
    /// <param name="retryMilliseconds">A last reconnection time for the client; 0 for none.</param>
    public void End(int retryMilliseconds)
    {
        EndRetryMilliseconds = retryMilliseconds;
        Signal(Signals.EndRequested);
    }

    /// <summary>Gives a stream with a lifetime another one, on any thread; false where it has none, or where it was too late.</summary>
    public bool TryProlong(StreamLifetime lifetime)
    {
        while (Lifetime is { } current && current != StreamLifetime.Over)
            if (Interlocked.CompareExchange(ref _lifetime, lifetime, current) == current) return true;
        return false;
    }

    /// <summary>Ends the lifetime, unless another one came in between.</summary>
    internal bool TryEndLifetime(StreamLifetime lifetime) => Interlocked.CompareExchange(ref _lifetime, StreamLifetime.Over, lifetime) == lifetime;

    internal void Signal(Signals signal)
    {
        // Only the first of several signals queues the subscription; the others ride along.
        if (Interlocked.Or(ref _signals, (int)signal) == 0) Shard.Inbox.Post(this);
    }

    /// <summary>
    /// Keeps the rounds of all its groups from ending until it is at the head or blocked: as long as it is queued, the turn of each of its
    /// groups skips it.
    /// </summary>
    internal void HoldUpRounds()
    {
        if (HoldsUpRounds) return;
        HoldsUpRounds = true;
        foreach (ref readonly var cursor in Cursors.AsSpan()) cursor.Log.Groups[Shard.Index]!.HeldUpBy++;
    }

    /// <summary>The rounds of its groups no longer wait for it.</summary>
    internal void ReleaseRounds()
    {
        if (!HoldsUpRounds) return;
        HoldsUpRounds = false;
        foreach (ref readonly var cursor in Cursors.AsSpan())
        {
            var group = cursor.Log.Groups[Shard.Index]!;
            group.HeldUpBy--;
            group.TryEndRound();
        }
    }

    internal Signals TakeSignals() => (Signals)Interlocked.Exchange(ref _signals, 0);

    /// <summary>Goes on to the next state of its life.</summary>
    internal void MoveTo(SubscriptionState next)
    {
        Debug.Assert(next.CanFollow(State), $"A subscription cannot go from {State} to {next}.");
        State = next;
    }

    /// <summary>Begins an end after which the client is to reconnect, unless it is ending already.</summary>
    internal void BeginTemporaryEnd()
    {
        if (IsOpen) IsEndTemporary = true;
        BeginEnd();
    }

    /// <summary>No more events are sent to it. One that is ending or broken already stays so.</summary>
    internal void BeginEnd()
    {
        if (IsOpen) MoveTo(SubscriptionState.Ending);
    }

    /// <summary>Its connection takes no more. One that has ended stays so.</summary>
    internal void Break()
    {
        if (State is not (SubscriptionState.Broken or SubscriptionState.Ended)) MoveTo(SubscriptionState.Broken);
    }

    /// <summary>Waits for a write that the connection did not take at once; its completion comes back to the shard as a signal.</summary>
    internal void Await(ValueTask<FlushResult> write)
    {
        IsBusy = true;
        _pendingWrite ??= new PendingWrite(this);
        _pendingWrite.Start(write);
    }

    /// <summary>Ends the wait; false where the connection broke.</summary>
    internal bool CompleteWrite()
    {
        IsBusy = false;
        return _pendingWrite!.Complete();
    }

    /// <summary>What only a reader that was once slow needs: the pending write and the callback of its completion.</summary>
    private sealed class PendingWrite
    {
        private readonly Action _done;
        private ValueTask<FlushResult> _write;

        public PendingWrite(Subscription subscription) => _done = () => subscription.Signal(Signals.WriteDone);

        public void Start(ValueTask<FlushResult> write)
        {
            _write = write;
            write.GetAwaiter().UnsafeOnCompleted(_done);
        }

        public bool Complete()
        {
            var result = _write.GetAwaiter().GetResult();
            _write = default;
            return result is { IsCompleted: false, IsCanceled: false };
        }
    }
}
