using System.IO.Pipelines;
using SseServer.Delivery;

namespace SseServer.Tests.Hub.Support;

/// <summary>A subscriber that takes everything and keeps only counts: for crowds.</summary>
internal sealed class CountingSubscription : Subscription
{
    private int _sends;
    private long _bytes;
    private bool _isEnded;

    public int Sends => Volatile.Read(ref _sends);

    public long Bytes => Volatile.Read(ref _bytes);

    public bool IsOver => Volatile.Read(ref _isEnded);

    protected internal override PipeWriter Output => NowhereWriter.OfThread;

    protected internal override int TrySend(ReadOnlySpan<byte> bytes)
    {
        Volatile.Write(ref _bytes, _bytes + bytes.Length);
        Volatile.Write(ref _sends, _sends + 1);
        return bytes.Length;
    }

    protected internal override void OnEnded(StreamEnding ending) => Volatile.Write(ref _isEnded, true);
}
