using System.Buffers;
using System.IO.Pipelines;
using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>
/// The body of the request at hand, decoded and read on demand: a peer cannot make the server hold more than the application asks
/// for. Owned by the request loop, filled anew for each request; one reader at a time.
/// </summary>
internal sealed class RequestBody
{
    // As they arrive. The thread that receives bytes serves other connections too, and would serve none of them as long as a peer sends
    // faster than its body is read. 64 KB take some tens of microseconds to copy, and at most tens of milliseconds to publish as events.
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

    /// <summary>The length in bytes where <see cref="Kind"/> is ContentLength, otherwise 0.</summary>
    public long DeclaredLength { get; private set; }

    /// <summary>
    /// The bound in bytes, decoded. Set it before the first read; unset, it is <see cref="TransportOptions.MaxBodyBytes"/>.
    /// </summary>
    public long MaxBytes { get; set; }

    /// <summary>
    /// Bytes a second, decoded, that must arrive over any stretch of waiting that is longer than the longest pause; 0 is no bound. Set it
    /// before the first read; unset, it is <see cref="TransportOptions.MinBodyRate"/>.
    /// </summary>
    public int MinRate { get; set; }

    /// <summary>The length is known to be above the bound; nothing needs to be read for a 413.</summary>
    public bool DeclaredTooLarge => Kind == RequestBodyKind.ContentLength && DeclaredLength > MaxBytes;

    /// <summary>The whole body was read (or there is none).</summary>
    public bool IsComplete => _finished && _final.Status == BodyReadStatus.End;

    /// <summary>
    /// The connection can go on after the reply: what is left of the body is short, and on its way (RFC 9110 section 10.1.1: a
    /// client that expects 100 may never send it).
    /// </summary>
    internal bool CanBeSkipped =>
        IsComplete
        || (!_finished && !_continueExpected && Kind == RequestBodyKind.ContentLength
            && DeclaredLength - _received <= _options.DrainBodyBytes);

    /// <summary>
    /// Appends the bytes that are there, waiting for some if there are none. Replies not yet sent leave before it waits, and 100
    /// (Continue) if the client waits for it.
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
                // Who gives the body up sets the flag and then looks for the wait: whoever comes second sees the other.
                if (!IsGivenUp) read = await WaitAsync();
                _connection.Disarm();
                _credit -= _time.GetElapsedTime(began).TotalSeconds;
                if (IsGivenUp)
                {
                    // The wait may have been cut short, so no later read of this connection can be relied on.
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
    /// Ends the reading, and a wait for more bytes at once, with <see cref="BodyReadStatus.GivenUp"/>. From any thread, while the request
    /// is answered; a body that was read to its end stays read.
    /// </summary>
    public void GiveUp()
    {
        Interlocked.Exchange(ref _isGivenUp, 1);
        _connection.InterruptBody();
    }

    /// <summary>Reads and drops the rest after the reply; false if the connection cannot go on.</summary>
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
        // Where nothing is there yet, the thread is free by itself.
        if (!reading.IsCompleted) _inlineBytes = 0;
        return reading;
    }

    private bool IsGivenUp => Volatile.Read(ref _isGivenUp) != 0;

    /// <summary>
    /// How long the next byte may take: no longer than a pause may last, and not past the moment at which the body has used up its
    /// credit. It begins with the grace, loses what it is waited for, and gains what its bytes take at the minimum rate, up to the
    /// longest pause: so what came early keeps no trickle alive. Time in which nobody waits for the body, such as a publisher's own
    /// pacing, counts for nothing.
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
        if (read.IsCompleted && !_finished)
            FinishEarly();
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
}
