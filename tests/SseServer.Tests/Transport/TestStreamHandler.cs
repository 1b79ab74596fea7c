using SseServer.Tests.Support;
using SseServer.Transport;

namespace SseServer.Tests.Transport;

/// <summary>A stream's handler that a test drives. It ends the stream when the peer has left, unless the test does that.</summary>
internal sealed class TestStreamHandler : IStreamHandler
{
    private readonly TaskCompletionSource<Connection> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CloseReason> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Connection? _connection;

    public Task<Connection> Ready => _ready.Task.Soon();

    public Task<CloseReason> Left => _left.Task.Soon();

    /// <summary>How the stream ends when the peer has left; null leaves it to the test.</summary>
    public StreamEnd? EndWhenLeft { get; set; } = StreamEnd.Abort;

    public void OnStreamReady(Connection connection)
    {
        _connection = connection;
        _ready.SetResult(connection);
    }

    public void OnPeerClosed(CloseReason reason)
    {
        if (EndWhenLeft is { } end) _connection!.EndStream(end);
        _left.SetResult(reason); // Throws if it comes twice.
    }
}
