using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace SseServer.Bench.FanOut.Load;

/// <summary>
/// A keep-alive connection that publishes. Requests are pipelined (RFC 9112 section 9.3.2): a post never waits for the replies of those
/// before it, so that a slow server cannot slow down its own measurement. A caller that wants to wait checks <see cref="Outstanding"/>.
/// </summary>
internal sealed class Publisher : LoadSocket
{
    private readonly EventData _data;
    private readonly Func<string, string> _path;
    private readonly byte[] _event;
    private readonly ReplyReader _replies = new();
    private readonly ArrayBufferWriter<byte> _updates = new();
    private byte[] _pending = new byte[4096];
    private byte[] _head = [];
    private (PublishedTopic? Topic, int Length) _headOf;
    private int _start;
    private int _end;

    /// <summary>Connects. <paramref name="path"/> makes a topic's name the target of its posts.</summary>
    public Publisher(IPEndPoint server, Func<string, string> path, EventData data)
        : base(server)
    {
        (_path, _data) = (path, data);
        _event = new byte[data.Length];
    }

    /// <summary>Requests whose replies have not come.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Requests that were answered with 2xx.</summary>
    public long Accepted { get; private set; }

    /// <summary>Requests that were not.</summary>
    public long Refused { get; private set; }

    /// <summary>The status of the last refusal, or 0.</summary>
    public int LastRefusal { get; private set; }

    /// <summary>Bytes that the kernel has not taken.</summary>
    public int Unsent => _end - _start;

    /// <summary>Publishes one event.</summary>
    public void Post(PublishedTopic topic)
    {
        AppendHead(topic, "text/plain", _data.Length);
        _data.Write(_event, topic.Published++, Stopwatch.GetTimestamp());
        Append(_event);
        Outstanding++;
        SendPending();
    }

    /// <summary>Publishes <paramref name="count"/> events as one batch, an NDJSON line each.</summary>
    public void PostBatch(PublishedTopic topic, int count)
    {
        var line = "{\"data\":\""u8.Length + _data.Length + "\"}\n"u8.Length;
        AppendHead(topic, "application/x-ndjson", line * count);
        for (var i = 0; i < count; i++)
        {
            _data.Write(_event, topic.Published++, Stopwatch.GetTimestamp());
            Append("{\"data\":\""u8);
            Append(_event);
            Append("\"}\n"u8);
        }
        Outstanding++;
        SendPending();
    }

    /// <summary>
    /// Publishes <paramref name="each"/> events to every one of the topics as one batch; each topic's go through <paramref name="keys"/>
    /// keys, or have none.
    /// </summary>
    public void PostUpdates(IReadOnlyList<PublishedTopic> topics, int each, int keys)
    {
        _updates.ResetWrittenCount();
        foreach (var topic in topics)
        {
            var name = Encoding.UTF8.GetBytes(topic.Name);
            for (var i = 0; i < each; i++)
            {
                _updates.Write("{\"topic\":\""u8);
                _updates.Write(name);
                if (keys > 0)
                {
                    _updates.Write("\",\"key\":\""u8);
                    Utf8Formatter.TryFormat(topic.Published % keys, _updates.GetSpan(20), out var digits);
                    _updates.Advance(digits);
                }

                _updates.Write("\",\"data\":\""u8);
                _data.Write(_event, topic.Published++, Stopwatch.GetTimestamp());
                _updates.Write(_event);
                _updates.Write("\"}\n"u8);
            }
        }

        AppendHead(null, "application/x-ndjson", _updates.WrittenCount);
        Append(_updates.WrittenSpan);
        Outstanding++;
        SendPending();
    }

    public override void OnReady(byte[] buffer)
    {
        SendPending();
        int received;
        while (!IsClosed && (received = Receive(buffer)) >= 0)
        {
            if (received == 0)
            {
                Dispose();
                return;
            }
            ReadReplies(buffer.AsSpan(0, received));
        }
    }

    private void ReadReplies(ReadOnlySpan<byte> bytes)
    {
        while (_replies.TryRead(ref bytes, out var status))
        {
            Outstanding--;
            if (status is >= 200 and < 300) Accepted++;
            else (Refused, LastRefusal) = (Refused + 1, status);
        }
    }

    private void AppendHead(PublishedTopic? topic, string type, int length)
    {
        if (_headOf != (topic, length))
        {
            _head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"POST {(topic is null ? "/events" : _path(topic.Name))} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                    + $"{type}\r\nContent-Length: {length}\r\n\r\n"));
            _headOf = (topic, length);
        }
        Append(_head);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_pending.Length - _end < bytes.Length)
        {
            _pending.AsSpan(_start, Unsent).CopyTo(_pending);
            (_end, _start) = (Unsent, 0);
            if (_pending.Length - _end < bytes.Length) Array.Resize(ref _pending, (_pending.Length + bytes.Length) * 2);
        }
        bytes.CopyTo(_pending.AsSpan(_end));
        _end += bytes.Length;
    }

    private void SendPending()
    {
        while (_end > _start && !IsClosed)
        {
            var sent = Send(_pending.AsSpan(_start, Unsent));
            if (sent < 0) Dispose();
            if (sent <= 0) return;
            _start += sent;
        }
        (_start, _end) = (0, 0);
    }
}
