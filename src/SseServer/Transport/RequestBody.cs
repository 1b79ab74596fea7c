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
    private readonly Connection _connection;
    private readonly TransportContext _context;
    private readonly PipeReader _reader;
    private ChunkedBodyDecoder _decoder;
    private BodyReadResult _final;
    private bool _finished;
    private bool _continueExpected;
    private bool _isSlow;
    private long _received;
    private long _waited;

    public RequestBody(Connection connection, TransportContext context, PipeReader reader)
    {
        _connection = connection;
        _context = context;
        _reader = reader;
    }

    public RequestBodyKind Kind { get; private set; }

    /// <summary>The length in bytes where <see cref="Kind"/> is ContentLength, otherwise 0.</summary>
    public long DeclaredLength { get; private set; }

    /// <summary>
    /// The bound in bytes, decoded. Set it before the first read; unset, it is <see cref="TransportOptions.MaxBodyBytes"/>.
    /// </summary>
    public long MaxBytes { get; set; }

    /// <summary>
    /// Bytes a second, decoded, that must arrive on average over the time spent waiting for them; 0 is no bound. Set it before the first read;
    /// unset, it is <see cref="TransportOptions.MinBodyRate"/>.
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
            && DeclaredLength - _received <= _context.Options.DrainBodyBytes);

    /// <summary>
    /// Appends the bytes that are there, waiting for some if there are none. Replies not yet sent leave before it waits, and 100
    /// (Continue) if the client waits for it.
    /// </summary>
    public async ValueTask<BodyReadResult> ReadAsync(IBufferWriter<byte> destination)
    {
        if (DeclaredTooLarge) Finish(BodyReadStatus.TooLarge, RequestRejection.BodyTooLarge);
        while (!_finished)
        {
            if (!_reader.TryRead(out var read))
            {
                if (!await FlushAsync()) return Finish(BodyReadStatus.Aborted);
                var began = _context.Time.GetTimestamp();
                _connection.ArmForBody(WaitBound());
                read = await _reader.ReadAsync();
                _connection.Disarm();
                _waited += _context.Time.GetTimestamp() - began;
            }

            _continueExpected = false;
            var before = _received;
            Take(read, destination);
            if (!_finished && _received != before) return new BodyReadResult(BodyReadStatus.Data);
        }

        return _final;
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
        MaxBytes = _context.Options.MaxBodyBytes;
        MinRate = _context.Options.MinBodyRate;
        _received = 0;
        _waited = 0;
        _continueExpected = head.ExpectsContinue;
        _finished = Kind == RequestBodyKind.None || (Kind == RequestBodyKind.ContentLength && DeclaredLength == 0);
        _final = new BodyReadResult(BodyReadStatus.End);
        if (Kind == RequestBodyKind.Chunked) _decoder = new ChunkedBodyDecoder(_context.Options.ParserLimits);
    }

    /// <summary>
    /// How long the next byte may take: no longer than a pause may last, and not past the moment at which the average falls below the
    /// minimum. Time in which nobody waits for the body, such as a publisher's own pacing, counts for nothing.
    /// </summary>
    private TimeSpan WaitBound()
    {
        var idle = _context.Options.BodyIdleTimeout;
        _isSlow = false;
        if (MinRate == 0) return idle;
        var waited = TimeSpan.FromSeconds((double)_waited / _context.Time.TimestampFrequency);
        var bound = _context.Options.BodyRateGrace + TimeSpan.FromSeconds((double)_received / MinRate) - waited;
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
        _reader.AdvanceTo(part.End);
        if (_received == DeclaredLength) Finish(BodyReadStatus.End);
    }

    private void TakeChunked(ReadResult read, IBufferWriter<byte> destination)
    {
        var rest = read.Buffer;
        var status = _decoder.Decode(ref rest, destination, out var rejection);
        _received = _decoder.DecodedBytes;
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
