using System.Diagnostics;
using System.Net;
using System.Text;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// One open stream. It checks that each event of its topic comes once, in order and whole, and records how long after its publishing it
/// came. An event stream's lines are read as WHATWG HTML 9.2.6 has it, as far as publishers here use them: no lone CR, one data line an
/// event.
/// </summary>
internal sealed class StreamClient : LoadSocket
{
    private readonly DeliveryLedger _ledger;
    private readonly EventData _data;
    private ResponseReader _response;
    private LineReader _lines;
    private EventKind _kind;
    private bool _hasData;
    private bool _isIntact;
    private bool _gapAnnounced;
    private long _number;
    private long _publishedAt;
    private long[] _newest = [];

    public StreamClient(IPEndPoint server, ReadOnlySpan<byte> request, PublishedTopic topic, EventData data, DeliveryLedger ledger,
        int receiveBuffer = 0)
        : base(server, receiveBuffer)
    {
        (Topic, _data, _ledger) = (topic, data, ledger);
        NextNumber = topic.Published;
        Send(request);
    }

    private enum EventKind { Message, Gap, Other }

    public PublishedTopic Topic { get; }

    /// <summary>The number of the event that must come next. A stream that resumes starts behind what is published.</summary>
    public long NextNumber { get; set; }

    /// <summary>Events that came since some were last skipped.</summary>
    public long SinceSkip { get; private set; }

    /// <summary>Whether the response's head has come.</summary>
    public bool IsOpen => _response.Status == 200;

    /// <summary>
    /// Whether the stream leaves everything in its socket, as a stalled reader does, but for what <see cref="ReadSome"/> takes.
    /// </summary>
    public bool IsStalled { get; set; }

    /// <summary>
    /// Keys of the topic, which its events have in turn; 0 for none. Events may then be skipped for newer ones of their key.
    /// </summary>
    public int Keys
    {
        init
        {
            _newest = new long[value];
            Array.Fill(_newest, -1);
        }
    }

    /// <summary>Whether <see cref="LastEventId"/> is kept.</summary>
    public bool KeepsEventId { get; init; }

    /// <summary>The id of the newest block that had one.</summary>
    public string LastEventId { get; private set; } = "";

    public override void OnReady(byte[] buffer)
    {
        while (!IsStalled || !IsOpen)
        {
            var received = Receive(buffer);
            if (received < 0) return;
            if (received > 0) Read(buffer.AsSpan(0, received));
            if (received == 0 || _response.HasEnded || _response.IsBroken || _response.Status is not (0 or 200))
            {
                _ledger.Closed++;
                Dispose();
                return;
            }
            // A socket that gave less than was asked is empty; more bytes are a new edge. See epoll(7), question 9.
            if (received < buffer.Length) return;
        }
    }

    /// <summary>Takes up to so many bytes of the socket, as a slow reader does.</summary>
    public void ReadSome(Span<byte> buffer)
    {
        if (IsClosed) return;
        var received = Receive(buffer);
        if (received > 0) Read(buffer[..received]);
        if (received != 0) return;
        _ledger.Closed++;
        Dispose();
    }

    /// <summary>Keys whose newest event among the topic's has not come.</summary>
    public int StaleKeys()
    {
        var stale = 0;
        for (var key = 0; key < _newest.Length; key++)
        {
            var newest = Topic.Published - 1 - (Topic.Published - 1 - key) % _newest.Length;
            if (newest >= key && _newest[key] < newest) stale++;
        }

        return stale;
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        var now = Stopwatch.GetTimestamp();
        _ledger.Bytes += bytes.Length;
        while (_response.TryRead(ref bytes, out var body))
        {
            while (_lines.TryRead(ref body, out var line))
            {
                if (line.IsEmpty) Dispatch(now);
                else ReadField(line);
            }
        }
    }

    private void ReadField(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("data:"u8))
        {
            var isFirst = !_hasData;
            _hasData = true;
            _isIntact = _data.TryRead(Value(line, 5), out _number, out _publishedAt) && isFirst;
        }
        else if (line.StartsWith("event:"u8))
        {
            var name = Value(line, 6);
            _kind = name.SequenceEqual("gap"u8) ? EventKind.Gap : name.SequenceEqual("message"u8) ? EventKind.Message : EventKind.Other;
        }
        else if (KeepsEventId && line.StartsWith("id:"u8))
        {
            LastEventId = Encoding.UTF8.GetString(Value(line, 3));
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, int prefix)
        => line.Length > prefix && line[prefix] == ' ' ? line[(prefix + 1)..] : line[prefix..];

    private void Dispatch(long now)
    {
        var kind = _kind;
        var hasData = _hasData;
        (_kind, _hasData) = (EventKind.Message, false);
        if (!hasData || kind == EventKind.Other) return;
        if (kind == EventKind.Gap)
        {
            _ledger.Gaps++;
            _gapAnnounced = true;
        }
        else if (!_isIntact)
        {
            _ledger.Damaged++;
        }
        else if (_number < NextNumber)
        {
            _ledger.Repeated++;
        }
        else
        {
            Accept(now);
        }
    }

    private void Accept(long now)
    {
        var skipped = _number - NextNumber;
        SinceSkip = skipped > 0 ? 1 : SinceSkip + 1;
        if (_newest.Length > 0)
        {
            _newest[_number % _newest.Length] = _number;
            _ledger.Superseded += skipped;
        }
        else if (_gapAnnounced) _ledger.LostAnnounced += skipped;
        else _ledger.LostSilently += skipped;
        _gapAnnounced = false;
        NextNumber = _number + 1;
        _ledger.Delivered++;
        _ledger.LastAt = now;
        if ((_number & (_ledger.SampleEvery - 1)) == 0) _ledger.Latencies.Add(now - _publishedAt);
    }
}
