using System.IO.Pipelines;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Http;
using SseServer.Transport;
using SseServer.Transport.Channels;

namespace SseServer.Endpoints;

/// <summary>A subscription over a connection, which connects the hub's shard with the transport. One object per stream.</summary>
internal sealed class EventStreamSubscription(Connection connection, SubscribeEndpoint endpoint, StreamQuota.Share share)
    : Subscription, IStreamHandler
{
    // A copy of the connection's field: each delivery saves one step through cold memory.
    private readonly ConnectionOutput _output = connection.Output;
    private bool _peerFinished;

    /// <summary>Lets the subscriber renew the stream with another token; null if the stream does not end with one.</summary>
    public RenewableStream? Renewable { get; init; }

    protected internal override PipeWriter Output => _output;

    // The head ends here, because only the shard knows the position.
    protected internal override void WritePreamble(EventId? position)
    {
        base.WritePreamble(position);
        PositionField.Write(_output, position);
        ResponseHead.WriteEnd(_output);
    }

    protected internal override int TrySend(ReadOnlySpan<byte> bytes) => _output.TrySend(bytes);

    protected internal override void Abort() => connection.Abort(CloseReason.StalledReader);

    protected internal override void OnEnded(StreamEnding ending)
    {
        // Before the stream ends: the connection may ask for its next stream at once.
        endpoint.OnEnded(connection, share);
        Renewable?.End();
        connection.EndStream(ending switch
        {
            StreamEnding.Broken => StreamEnd.Abort,
            StreamEnding.Shed => StreamEnd.Close,
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
