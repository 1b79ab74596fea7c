using System.Buffers;
using System.IO.Pipelines;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.EventStream;

namespace SseServer.Relay;

/// <summary>
/// A subscription without a connection: reads the position topic from its oldest event to its head, on the shard that serves it, and ends.
/// </summary>
/// <param name="topic">The position topic.</param>
/// <param name="take">Receives the lines of each position of this source, the oldest first, on the shard.</param>
internal sealed class PositionReader(PositionTopic topic, PositionReader.Take take) : Subscription
{
    // Far above the ids of any batch.
    private const int MaxPositionBytes = 16 * 1024 * 1024;

    private readonly EventStreamParser _parser = new(MaxPositionBytes, isClient: true);
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isAtHead;
    private Writer? _output;

    public delegate void Take(ReadOnlySpan<byte> lines);

    /// <summary>The number of positions of other sources.</summary>
    public int Foreign { get; private set; }

    protected internal override PipeWriter Output => _output ??= new(this);

    /// <summary>Reads the topic; false if it could not be read to its head.</summary>
    public static async Task<bool> ReadAsync(PositionReader reader, EventHub hub, PositionTopic topic)
    {
        if (!Selector.TryCreate(topic.Name, out var selector, out _)) return false;
        if (await hub.AcquireAsync(reader, [selector], ResumePoint.Oldest) != HubStatus.Ok) return false;
        EventHub.Join(reader);
        return await reader._done.Task;
    }

    protected internal override int TrySend(ReadOnlySpan<byte> bytes)
    {
        Read(bytes.ToArray());
        return bytes.Length;
    }

    protected internal override void OnCaughtUp()
    {
        _isAtHead = true;
        End(0);
    }

    protected internal override void OnEnded(StreamEnding ending) => _done.TrySetResult(_isAtHead && ending == StreamEnding.Complete);

    private void Read(ReadOnlyMemory<byte> bytes)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        EventStreamParseStatus status;
        while ((status = _parser.Parse(ref input)) != EventStreamParseStatus.NeedMore)
        {
            // Control blocks (greeting, gap) are not positions.
            if (status != EventStreamParseStatus.Event || ControlBlocks.IsReserved(_parser.Name)) continue;
            if (topic.IsOfSource(_parser.Name)) take(_parser.Data);
            else Foreign++;
        }
    }

    /// <summary>Accepts everything immediately.</summary>
    private sealed class Writer(PositionReader reader) : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public override void Advance(int bytes) => _bytes.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            reader.Read(_bytes.WrittenMemory);
            _bytes.ResetWrittenCount();
            return default;
        }

        public override void CancelPendingFlush()
        {
            // No flush is ever pending.
        }

        public override void Complete(Exception? exception = null)
        {
            // There is nothing to release.
        }
    }
}
