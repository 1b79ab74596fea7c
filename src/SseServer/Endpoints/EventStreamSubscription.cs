using System.IO.Pipelines;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>A subscription over a connection: where the hub's shard and the transport meet. One object a stream.</summary>
internal sealed class EventStreamSubscription(Connection connection, SubscribeEndpoint endpoint, StreamQuota.Share share) : Subscription, IStreamPeer
{
    // Held here too: each delivery takes one step less through memory that is cold.
    private readonly ConnectionOutput _output = connection.Output;
    private bool _peerFinished;

    /// <summary>How its reader lets it live on with another token; null where it does not end with one.</summary>
    public RenewableStream? Renewable { get; init; }

    protected internal override PipeWriter Output => _output;

    protected internal override int TrySend(ReadOnlySpan<byte> bytes) => _output.TrySend(bytes);

    protected internal override void Abort() => connection.Abort(CloseReason.StalledReader);

    protected internal override void OnEnded(StreamEnding ending)
    {
        // First: the connection may ask for its next stream at once.
        endpoint.OnEnded(connection, share);
        Renewable?.End();
        connection.EndStream(ending switch
        {
            StreamEnding.Broken => StreamEnd.Abort,
            StreamEnding.Dismissed => StreamEnd.Close,
            _ when _peerFinished || !IsChunked || IsEndTruncated => StreamEnd.Close,
            _ => StreamEnd.KeepAlive,
        });
    }

    protected internal override void OnGap() => endpoint.OnGap(connection);

    public void OnStreamReady(Connection ready)
    {
        Renewable?.Open(this);
        EventHub.Join(this);
    }

    public void OnPeerClosed(CloseReason reason)
    {
        if (reason == CloseReason.PeerFinished)
        {
            _peerFinished = true;
            PeerFinished();
        }
        else
        {
            PeerLost();
        }
    }
}
