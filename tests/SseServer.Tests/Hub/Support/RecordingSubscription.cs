using System.IO.Pipelines;
using System.Text;
using SseServer.Delivery;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub.Support;

/// <summary>A subscription without a socket: it records what it is sent.</summary>
internal sealed class RecordingSubscription : Subscription
{
    private readonly RecordingWriter _writer = new();
    private int _ending = -1;

    /// <summary>Runs on the shard before each send; may throw to simulate a bug.</summary>
    public Action? Sending { get; set; }

    /// <summary>Runs on the shard each time the output is asked for.</summary>
    public Action? Writing { get; set; }

    /// <summary>Runs on the shard when a gap is about to be written.</summary>
    public Action? GapIsWritten { get; set; }

    public RecordingWriter Connection => _writer;

    public StreamEnding? Ending => Volatile.Read(ref _ending) is var ending and >= 0 ? (StreamEnding)ending : null;

    public int Length => _writer.Length;

    public string Text => Encoding.UTF8.GetString(_writer.ToArray());

    /// <summary>The stream so far, as a client parses it.</summary>
    public ReceivedStream Stream => ReceivedStream.Read(_writer.ToArray(), IsChunked);

    public string[] Data => Stream.Data;

    protected internal override PipeWriter Output
    {
        get
        {
            Writing?.Invoke();
            return _writer;
        }
    }

    protected internal override int TrySend(ReadOnlySpan<byte> bytes)
    {
        Sending?.Invoke();
        return _writer.TrySend(bytes);
    }

    protected internal override void OnGap() => GapIsWritten?.Invoke();

    protected internal override void OnEnded(StreamEnding ending)
    {
        Assert.That(_writer.IsPending, Is.False, "A stream ends with no write pending.");
        Assert.That(Interlocked.Exchange(ref _ending, (int)ending), Is.EqualTo(-1), "A stream ends once.");
    }

    public void WaitForData(params string[] data)
    {
        Eventually.True(() => Stream.Data.Length >= data.Length, $"{data.Length} events");
        Assert.That(Data, Is.EqualTo(data));
    }

    public void WaitForCount(int events) => Eventually.True(() => Stream.Data.Length >= events, $"{events} events");

    public void WaitUntilBlocked() => Eventually.True(() => _writer.IsPending);

    public void WaitForEnd(StreamEnding ending)
    {
        Eventually.True(() => Ending is not null);
        Assert.That(Ending, Is.EqualTo(ending));
    }
}
