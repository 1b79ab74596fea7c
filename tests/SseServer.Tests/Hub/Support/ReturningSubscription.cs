using System.IO.Pipelines;
using SseServer.Delivery;

namespace SseServer.Tests.Hub.Support;

/// <summary>
/// A client without a socket that will return: it records when its stream ended and the last reconnection time it was sent.
/// </summary>
internal sealed class ReturningSubscription(TimeProvider time) : Subscription
{
    private long _ended = -1;

    /// <summary>When its stream ended, in the clock's milliseconds; null while it is open.</summary>
    public long? Ended => Volatile.Read(ref _ended) is var ended and >= 0 ? ended : null;

    public int RetryMilliseconds { get; set; }

    protected internal override PipeWriter Output => RetryReader.For(this);

    protected internal override int TrySend(ReadOnlySpan<byte> bytes) => bytes.Length;

    protected internal override void OnEnded(StreamEnding ending)
        => Volatile.Write(ref _ended, time.GetTimestamp() / (time.TimestampFrequency / 1000));
}
