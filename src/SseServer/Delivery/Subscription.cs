using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using SseServer.Catalog;
using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Delivery;

/// <summary>
/// The server's object for one stream: a cursor in each of its logs and a connection to write to, which a derived type supplies. All state
/// except the signals belongs to the subscription's shard: only the thread that runs the shard touches it. Signals may be sent after
/// <c>EventHub.Join</c>; before that the connection belongs to its owner, which releases the subscription if the peer leaves.
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

    /// <summary>The rest of the response's head and any text before the greeting; released once it is written.</summary>
    public ReadOnlyMemory<byte> Preamble { get; set; }

    /// <summary>Whether the response has chunked coding; an HTTP/1.0 client gets the frames without their chunk envelope.</summary>
    public bool IsChunked { get; init; } = true;

    /// <summary>
    /// A temporary end of a chunked response has no last chunk. Many clients take that chunk for the end of everything and never reconnect.
    /// </summary>
    public bool TruncatesTemporaryEnd { get; init; }

    /// <summary>How it is sent events.</summary>
    public Representation Representation { get; init; }

    /// <summary>Ends the response once it has an answer; null for a stream.</summary>
    public Poll? Poll { get; init; }

    /// <summary>Heartbeats are named events, which page code can see, instead of comments.</summary>
    public bool HasHeartbeatEvents { get; init; }

    /// <summary>Whether the first block is the event <c>connected</c>, or only an id and a reconnection time.</summary>
    public bool HasGreetingEvent { get; init; } = true;

    /// <summary>The types of events that it wants; null for all.</summary>
    public EventFilter? Filter { get; init; }

    /// <summary>When the stream ends by itself; null for never. Changed only by <see cref="TryProlong"/>.</summary>
    public StreamLifetime? Lifetime
    {
        get => Volatile.Read(ref _lifetime);
        init => _lifetime = value;
    }

    /// <summary>It is sent whole frames as they lie in the logs, any number of them.</summary>
    internal bool TakesFrames => IsChunked && Representation == Representation.EventStream && Poll is null;

    /// <summary>Its shard's inbox.</summary>
    internal ShardInbox Inbox { get; set; } = null!;

    internal Cursor[] Cursors { get; set; } = [];

    internal ResumePoint Start { get; set; }

    /// <summary>Its replay; null if it has never read the store.</summary>
    internal StoreReplay? Replay { get; set; }

    /// <summary>An unknown resume point, until its gap is announced.</summary>
    internal byte[]? UnknownStart { get; set; }

    /// <summary>The subscription's position: all events of its logs up to this id were sent or excluded.</summary>
    internal EventId LastId { get; set; }

    /// <summary>The head when it joined: events up to it are history for this subscription.</summary>
    internal EventId JoinedAt { get; set; }

    /// <summary>It wants only the newest event of each key of history.</summary>
    internal bool WantsLatest { get; set; }

    /// <summary>It is being sent the newest events of history.</summary>
    internal bool IsInSnapshot => WantsLatest && LastId < JoinedAt;

    /// <summary>It is not sent superseded events.</summary>
    internal bool IsLagging => Pace == SubscriberPace.Lagging;

    /// <summary>The id that the client came with; the default if it named none, or none that is known.</summary>
    internal EventId ResumedAfter { get; set; }

    /// <summary>
    /// The last id that was sent to the connection. If it is below <see cref="LastId"/>, the client's resume point is older than it could
    /// be.
    /// </summary>
    internal EventId SentThrough { get; set; }

    /// <summary>Its state.</summary>
    internal SubscriptionState State { get; private set; }

    /// <summary>It is sent the events of its logs, now or after its pending write.</summary>
    internal bool IsOpen => State == SubscriptionState.Open;

    /// <summary>It is open and no write is pending.</summary>
    internal bool CanSend => IsOpen && !IsBusy;

    /// <summary>A write is pending: the shard leaves the subscription alone until it is done.</summary>
    internal bool IsBusy { get; private set; }

    /// <summary>How it keeps up with the heads of its logs.</summary>
    internal SubscriberPace Pace { get; set; }

    /// <summary>It waits for a turn of its own, behind the turns of its groups.</summary>
    internal bool IsQueued { get; set; }

    /// <summary>The head when the peer sent its FIN: the stream ends once everything up to it was sent. Null before a FIN.</summary>
    internal EventId? EndsAt { get; set; }

    /// <summary>It ends for now: its client should reconnect. False if all its topics have ended, or its peer asked for no more.</summary>
    internal bool IsEndTemporary { get; private set; }

    /// <summary>Its response ends without the last chunk, so its connection must close.</summary>
    internal bool IsEndTruncated => IsEndTemporary && TruncatesTemporaryEnd && IsChunked;

    /// <summary>How it ends once its end was written: shed if its client should reconnect elsewhere, or when the server is back.</summary>
    internal StreamEnding EndsAs { get; set; }

    /// <summary>
    /// The memory that the pending write reads from; null if it reads from the output's own buffer. Belongs to
    /// <see cref="PinnedHistory"/>.
    /// </summary>
    internal ISegmentPin? Pin { get; set; }

    /// <summary>When its next heartbeat is due, in <see cref="HubClock.Milliseconds"/>.</summary>
    internal long HeartbeatDue { get; set; }

    internal int ShardIndex { get; set; }

    /// <summary>The rounds of its groups wait for it, because it is live, unblocked and not yet at the head.</summary>
    internal bool BlocksRounds { get; private set; }

    internal Subscription? NextSignalled;

    /// <summary>The reconnection time that is written at the end of the stream, in milliseconds; 0 for none.</summary>
    internal int EndRetryMilliseconds { get; set; }

    /// <summary>The connection's output. Written by the shard only.</summary>
    protected internal abstract PipeWriter Output { get; }

    /// <summary>
    /// Sends as many of the <paramref name="bytes"/> as the connection takes now and returns their number; -1 if it is broken. Nothing may
    /// be buffered or pending in <see cref="Output"/>.
    /// </summary>
    protected internal abstract int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the connection: a pending write completes soon, as on a broken connection.</summary>
    protected internal virtual void Abort() => Output.CancelPendingFlush();

    /// <summary>Called once, on the shard, with no write pending; the engine does not touch the connection afterwards.</summary>
    protected internal abstract void OnEnded(StreamEnding ending);

    /// <summary>
    /// Writes the <see cref="Preamble"/>, and what else comes before the greeting, whose id is <paramref name="position"/>; on the shard.
    /// </summary>
    protected internal virtual void WritePreamble(EventId? position) => Output.Write(Preamble.Span);

    /// <summary>Called on the shard when a gap is announced, most likely because the client is too slow.</summary>
    protected internal virtual void OnGap()
    {
    }

    /// <summary>Called on the shard when a subscription that was behind has reached the head.</summary>
    protected internal virtual void OnCaughtUp()
    {
    }

    /// <summary>The peer sent its FIN: it is sent everything up to the present head, then the end.</summary>
    public void PeerFinished() => Signal(Signals.PeerFinished);

    /// <summary>The connection was lost or aborted.</summary>
    public void PeerLost() => Signal(Signals.PeerLost);

    /// <summary>Ends the stream for now, after the current frame.</summary>
    /// <param name="retryMilliseconds">A last reconnection time for the client; 0 for none.</param>
    public void End(int retryMilliseconds)
    {
        EndRetryMilliseconds = retryMilliseconds;
        Signal(Signals.EndRequested);
    }

    /// <summary>Replaces the lifetime of a stream that has one. Any thread. False if it has none, or is ending already.</summary>
    public bool TryProlong(StreamLifetime lifetime)
    {
        while (Lifetime is { } current && current != StreamLifetime.Over)
            if (Interlocked.CompareExchange(ref _lifetime, lifetime, current) == current) return true;
        return false;
    }

    /// <summary>Ends the lifetime, unless it was replaced meanwhile.</summary>
    internal bool TryEndLifetime(StreamLifetime lifetime)
        => Interlocked.CompareExchange(ref _lifetime, StreamLifetime.Over, lifetime) == lifetime;

    internal void Signal(Signals signal)
    {
        // Only the first of several signals queues the subscription.
        if (Interlocked.Or(ref _signals, (int)signal) == 0) Inbox.Post(this);
    }

    /// <summary>
    /// Keeps the rounds of all its groups from ending until it is at the head or blocked: while it is queued, the turns of its groups skip
    /// it.
    /// </summary>
    internal void BlockRounds()
    {
        if (BlocksRounds) return;
        BlocksRounds = true;
        foreach (ref readonly var cursor in Cursors.AsSpan()) SubscriberGroup.Of(cursor.Log, Inbox.Shard).BlockedBy++;
    }

    /// <summary>The rounds of its groups no longer wait for it.</summary>
    internal void ReleaseRounds()
    {
        if (!BlocksRounds) return;
        BlocksRounds = false;
        foreach (ref readonly var cursor in Cursors.AsSpan())
        {
            var group = SubscriberGroup.Of(cursor.Log, Inbox.Shard);
            group.BlockedBy--;
            group.TryEndRound();
        }
    }

    internal Signals TakeSignals() => (Signals)Interlocked.Exchange(ref _signals, 0);

    /// <summary>Moves to the next state.</summary>
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

    /// <summary>Its connection is broken. One that has ended stays so.</summary>
    internal void Break()
    {
        if (State is not (SubscriptionState.Broken or SubscriptionState.Ended)) MoveTo(SubscriptionState.Broken);
    }

    /// <summary>Waits for a write that did not complete at once; the shard gets a signal when it does.</summary>
    internal void Await(ValueTask<FlushResult> write)
    {
        IsBusy = true;
        _pendingWrite ??= new PendingWrite(() => Signal(Signals.WriteDone));
        _pendingWrite.Start(write);
    }

    /// <summary>Ends the wait; false if the connection broke.</summary>
    internal bool CompleteWrite()
    {
        IsBusy = false;
        return _pendingWrite!.Complete();
    }
}
