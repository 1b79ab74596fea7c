using System.Buffers;
using System.IO.Pipelines;
using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>
/// The body of the current request, decoded and read on demand: a peer cannot make the server hold more than the application asks for.
/// Owned by the request loop and reused for each request; one reader at a time.
/// </summary>
internal sealed class RequestBody
{
    // The number of bytes, before decoding, after which others get their turn. The thread that receives them has other connections to
    // serve, and would serve none of them while a peer sends faster than its body is read. 64 KB take some tens of microseconds to copy,
    // and at most tens of milliseconds to publish as events.
    private const int MaxInlineBytes = 64 * 1024;

    private readonly Connection _connection;
    private readonly PipeReader _reader;
    private readonly TransportOptions _options;
    private readonly TimeProvider _time;
    private ChunkedBodyDecoder _decoder;
    private BodyReadResult _final;
    private bool _finished;
    private bool _continueExpected;
    private bool _isSlow;
    private int _isGivenUp;
    private long _received;
    private long _credited;
    private double _credit;
    private long _inlineBytes;

    public RequestBody(Connection connection, PipeReader reader, TransportOptions options, TimeProvider time)
    {
        _connection = connection;
        _reader = reader;
        _options = options;
        _time = time;
    }

    public RequestBodyKind Kind { get; private set; }

    /// <summary>The length in bytes if <see cref="Kind"/> is ContentLength, otherwise 0.</summary>
    public long DeclaredLength { get; private set; }

    /// <summary>
    /// The limit in bytes, decoded. To be set before the first read; defaults to <see cref="TransportOptions.MaxBodyBytes"/>.
    /// </summary>
    public long MaxBytes { get; set; }

    /// <summary>
    /// Bytes a second, decoded, that must arrive over any period of waiting longer than the longest pause; 0 means no minimum. To be set
    /// before the first read; defaults to <see cref="TransportOptions.MinBodyRate"/>.
    /// </summary>
    public int MinRate { get; set; }

    /// <summary>The length is known to be above the limit; nothing needs to be read for a 413.</summary>
    public bool DeclaredTooLarge => Kind == RequestBodyKind.ContentLength && DeclaredLength > MaxBytes;

    /// <summary>The whole body was read, or there is none.</summary>
    public bool IsComplete => _finished && _final.Status == BodyReadStatus.End;

    /// <summary>
    /// The connection can be kept after the reply: the rest of the body is short and on its way (RFC 9110 section 10.1.1: a client that
    /// expects 100 may never send it).
    /// </summary>
    internal bool CanBeSkipped
        => IsComplete
        || (!_finished && !_continueExpected && Kind == RequestBodyKind.ContentLength
            && DeclaredLength - _received <= _options.DrainBodyBytes);

    /// <summary>
    /// Appends the bytes that have arrived, waiting for some if there are none. Before it waits, it sends replies that are still buffered,
    /// and 100 (Continue) if the client waits for it.
    /// </summary>
    public async ValueTask<BodyReadResult> ReadAsync(IBufferWriter<byte> destination)
    {
        if (DeclaredTooLarge) Finish(BodyReadStatus.TooLarge, RequestRejection.BodyTooLarge);
        while (!_finished)
        {
            if (_inlineBytes > MaxInlineBytes)
            {
                _inlineBytes = 0;
                await Task.Yield();
            }

            if (IsGivenUp) return Finish(BodyReadStatus.GivenUp);
            if (!_reader.TryRead(out var read))
            {
                if (!await FlushAsync()) return Finish(BodyReadStatus.Aborted);
                var began = _time.GetTimestamp();
                _connection.ArmForBody(WaitBound());

                // GiveUp sets the flag and then looks for the wait; this sets the wait and then reads the flag. So one of them sees the
                // other.
                if (!IsGivenUp) read = await WaitAsync();
                _connection.Disarm();
                _credit -= _time.GetElapsedTime(began).TotalSeconds;
                if (IsGivenUp)
                {
                    // The wait may have been interrupted, so later reads of this connection cannot be relied on.
                    if (!read.Buffer.IsEmpty) _reader.AdvanceTo(read.Buffer.Start);
                    return Finish(BodyReadStatus.GivenUp);
                }
            }

            _continueExpected = false;
            var before = _received;
            Take(read, destination);
            if (!_finished && _received != before) return new BodyReadResult(BodyReadStatus.Data);
        }

        return _final;
    }

    /// <summary>
    /// Ends reading with <see cref="BodyReadStatus.GivenUp"/>, also a pending wait, at once. May be called from any thread while the
    /// request is being answered; a body that was read to its end stays so.
    /// </summary>
    public void GiveUp()
    {
        Interlocked.Exchange(ref _isGivenUp, 1);
        _connection.InterruptBody();
    }

    /// <summary>Reads and drops the rest after the reply; false if the connection cannot be kept.</summary>
    internal async ValueTask<bool> SkipAsync()
    {
        MaxBytes = long.MaxValue;
        var sink = new DiscardingWriter();
        while (!_finished) await ReadAsync(sink);
        return IsComplete;
    }

    internal void Begin(RequestHead head)
    {
        Kind = head.BodyKind;
        DeclaredLength = head.ContentLength;
        MaxBytes = _options.MaxBodyBytes;
        MinRate = _options.MinBodyRate;
        _received = 0;
        _credited = 0;
        _inlineBytes = 0;
        _credit = _options.BodyRateGrace.TotalSeconds;
        Volatile.Write(ref _isGivenUp, 0);
        _continueExpected = head.ExpectsContinue;
        _finished = Kind == RequestBodyKind.None || (Kind == RequestBodyKind.ContentLength && DeclaredLength == 0);
        _final = new BodyReadResult(BodyReadStatus.End);
        if (Kind == RequestBodyKind.Chunked) _decoder = new ChunkedBodyDecoder(_options.ParserLimits);
    }

    private ValueTask<ReadResult> WaitAsync()
    {
        var reading = _reader.ReadAsync();
        // If nothing has arrived yet, the thread is free anyway.
        if (!reading.IsCompleted) _inlineBytes = 0;
        return reading;
    }

    private bool IsGivenUp => Volatile.Read(ref _isGivenUp) != 0;

    /// <summary>
    /// How long the next byte may take: no longer than the longest pause, and no longer than the credit lasts. The credit begins with the
    /// grace, loses the time spent waiting, and gains the time that the received bytes would take at the minimum rate. It is capped at the
    /// longest pause, so bytes that came early do not keep a trickle alive. Time in which the server does not wait for the body, such as
    /// backpressure on a publisher, does not count.
    /// </summary>
    private TimeSpan WaitBound()
    {
        var idle = _options.BodyIdleTimeout;
        _isSlow = false;
        if (MinRate == 0) return idle;
        var most = Math.Max(idle.TotalSeconds, _options.BodyRateGrace.TotalSeconds);
        _credit = Math.Min(most, _credit + (double)(_received - _credited) / MinRate);
        _credited = _received;
        var bound = TimeSpan.FromSeconds(_credit);
        _isSlow = bound < idle;
        return _isSlow ? bound : idle;
    }

    private void Take(ReadResult read, IBufferWriter<byte> destination)
    {
        if (Kind == RequestBodyKind.Chunked) TakeChunked(read, destination);
        else TakeCounted(read, destination);
        if (read.IsCompleted && !_finished) FinishEarly();
    }

    private void TakeCounted(ReadResult read, IBufferWriter<byte> destination)
    {
        var part = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, DeclaredLength - _received));
        foreach (var segment in part) destination.Write(segment.Span);
        _received += part.Length;
        _inlineBytes += part.Length;
        _reader.AdvanceTo(part.End);
        if (_received == DeclaredLength) Finish(BodyReadStatus.End);
    }

    private void TakeChunked(ReadResult read, IBufferWriter<byte> destination)
    {
        var rest = read.Buffer;
        var status = _decoder.Decode(ref rest, destination, out var rejection);
        _received = _decoder.DecodedBytes;
        _inlineBytes += read.Buffer.Length - rest.Length;
        _reader.AdvanceTo(rest.Start, status == ParseStatus.Incomplete ? read.Buffer.End : rest.Start);
        if (status == ParseStatus.Rejected) Finish(BodyReadStatus.Rejected, rejection);
        else if (_received > MaxBytes) Finish(BodyReadStatus.TooLarge, RequestRejection.BodyTooLarge);
        else if (status == ParseStatus.Complete) Finish(BodyReadStatus.End);
    }

    private void FinishEarly()
    {
        if (_connection.CloseReason == CloseReason.BodyTimeout)
        {
            Finish(BodyReadStatus.TimedOut, _isSlow ? RequestRejection.BodyTooSlow : RequestRejection.BodyTimeout);
            return;
        }

        _connection.TryRecord(CloseReason.PeerFinished);
        Finish(BodyReadStatus.Aborted);
    }

    private BodyReadResult Finish(BodyReadStatus status, RequestRejection rejection = RequestRejection.None)
    {
        if (!_finished) _final = new BodyReadResult(status, rejection);
        _finished = true;
        return _final;
    }

    private async ValueTask<bool> FlushAsync()
    {
        var output = _connection.Output;
        if (_continueExpected)
        {
            ResponseHead.WriteStatusLine(output, 100);
            ResponseHead.WriteEnd(output);
        }

        var flush = await output.FlushAsync();
        return !flush.IsCompleted;
    }

    private sealed class DiscardingWriter : IBufferWriter<byte>
    {
        private byte[] _sink = new byte[4096];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (sizeHint > _sink.Length) _sink = new byte[sizeHint];
            return _sink;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
