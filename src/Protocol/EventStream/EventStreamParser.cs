using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace SseServer.Protocol.EventStream;

/// <summary>
/// Parses an event stream that a publisher sends (WHATWG HTML 9.2.5 and 9.2.6), however it is split into reads. Each byte is examined once.
/// Buffers are reused from event to event, unless a large event has grown them.
/// <para>It differs from a client's parser in these points:</para>
/// <list type="bullet">
/// <item>An id belongs to the event in whose block it is and is not carried over to the next, because here it identifies an event, so that
/// a repeat is recognised. An empty id is no id.</item>
/// <item>A reconnection time belongs to its event, too. A block without data is no event and is ignored.</item>
/// <item>Values that are not UTF-8 are refused, not repaired.</item>
/// </list>
/// <para>As a client's parser it accepts whatever a server sends: invalid UTF-8 is repaired with U+FFFD, an event that is too large is
/// skipped, and a block without data that sets the last event ID or the reconnection time is reported as
/// <see cref="EventStreamParseStatus.Fields"/>.</para>
/// <para>One caller at a time.</para>
/// </summary>
public sealed class EventStreamParser
{
    // The longest known field name with its colon and space, so that a line with the longest data is within the limit.
    private const int FieldOverhead = 7;

    // A larger buffer is not reused for the next event. Room for a usual event.
    private const int MaxReusedBytes = 4 * 1024;

    private readonly int _maxEventBytes;
    private readonly bool _isClient;
    private ArrayBufferWriter<byte> _line = new();
    private ArrayBufferWriter<byte> _data = new();
    private ArrayBufferWriter<byte> _name = new();
    private ArrayBufferWriter<byte> _id = new();

    private EventStreamParseStatus _status;
    private bool _isFirstLine = true;
    private bool _isIgnoredLine;
    private bool _skipsLineFeed;
    private bool _isTooLarge;

    /// <summary>A parser at the beginning of a stream.</summary>
    /// <param name="maxEventBytes">The most bytes in the data of an event, at least 1. A single line may be 7 bytes longer.</param>
    /// <param name="isClient">Whether it parses as a client does: its errors cannot be reported to the stream's author, so it repairs or
    /// skips.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxEventBytes"/> is not positive or leaves no room for a
    /// line.</exception>
    public EventStreamParser(int maxEventBytes, bool isClient = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxEventBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxEventBytes, Array.MaxLength - FieldOverhead);
        _maxEventBytes = maxEventBytes;
        _isClient = isClient;
    }

    /// <summary>The event's data: its <c>data</c> lines with one LF between each two.</summary>
    public ReadOnlySpan<byte> Data => _data.WrittenCount == 0 ? default : _data.WrittenSpan[..^1];

    /// <summary>The value of the last <c>event</c> field; empty if there was none.</summary>
    public ReadOnlySpan<byte> Name => _name.WrittenSpan;

    /// <summary>The value of the last <c>id</c> field without a NUL; empty if there was none.</summary>
    public ReadOnlySpan<byte> Id => _id.WrittenSpan;

    /// <summary>Whether the event has an id that is not empty.</summary>
    public bool HasId => _id.WrittenCount != 0;

    /// <summary>Whether the block sets the last event ID, perhaps to nothing.</summary>
    public bool HasIdField { get; private set; }

    /// <summary>
    /// The value of the last valid <c>retry</c> field in milliseconds, at most <see cref="int.MaxValue"/>; -1 if there was none.
    /// </summary>
    public int RetryMilliseconds { get; private set; } = -1;

    /// <summary>
    /// Whether an event has begun and is not complete. At the end of the input such an event is discarded (WHATWG HTML 9.2.6).
    /// </summary>
    public bool HasPartialEvent
        => _status == EventStreamParseStatus.NeedMore && (_data.WrittenCount != 0 || _line.WrittenCount != 0);

    /// <summary>Bytes of memory that the incomplete event takes: twice its size, because buffers double as they grow.</summary>
    public long HeldBytes
        => 2L * (_line.WrittenCount + _data.WrittenCount + _name.WrittenCount + _id.WrittenCount);

    /// <summary>Starts a new stream; the buffers are reused.</summary>
    public void Reset()
    {
        BeginEvent();
        Empty(ref _line);
        _isFirstLine = true;
        _isIgnoredLine = false;
        _skipsLineFeed = false;
    }

    /// <summary>Parses to the end of the next event or of the input, whichever is first.</summary>
    /// <param name="input">More of the stream; advanced past what was consumed.</param>
    public EventStreamParseStatus Parse(ref ReadOnlySequence<byte> input)
    {
        if (_status == EventStreamParseStatus.Event || (_isClient && _status != EventStreamParseStatus.NeedMore)) BeginEvent();

        var consumed = 0L;
        foreach (var segment in input)
        {
            if (_status != EventStreamParseStatus.NeedMore) break;
            consumed += ParseSegment(segment.Span);
        }

        input = input.Slice(consumed);
        return _status;
    }

    private void BeginEvent()
    {
        Empty(ref _data);
        Empty(ref _name);
        Empty(ref _id);
        RetryMilliseconds = -1;
        HasIdField = false;
        _isTooLarge = false;
        _status = EventStreamParseStatus.NeedMore;
    }

    /// <summary>Reads lines while there are any and no event is complete; returns the number of bytes consumed.</summary>
    private int ParseSegment(ReadOnlySpan<byte> segment)
    {
        var at = 0;
        while (at < segment.Length && _status == EventStreamParseStatus.NeedMore)
        {
            var rest = segment[at..];
            if (_skipsLineFeed)
            {
                // The CR before it has ended the line; its event did not wait for this byte.
                _skipsLineFeed = false;
                if (rest[0] == '\n')
                {
                    at++;
                    continue;
                }
            }

            var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0)
            {
                Buffer(rest);
                return segment.Length;
            }

            _skipsLineFeed = rest[end] == '\r';
            at += end + 1;
            EndLine(rest[..end]);
        }

        return at;
    }

    /// <summary>Buffers the beginning of a line until its end arrives, except for comments and lines over the limit.</summary>
    private void Buffer(ReadOnlySpan<byte> part)
    {
        _isIgnoredLine |= _line.WrittenCount == 0 && part is [(byte)':', ..];
        if (_isIgnoredLine) return;
        if (part.Length <= _maxEventBytes + FieldOverhead - _line.WrittenCount)
        {
            _line.Write(part);
            return;
        }

        _isIgnoredLine = true;
        Overflow();
    }

    private void Overflow()
    {
        if (_isClient) _isTooLarge = true;
        else _status = EventStreamParseStatus.TooLarge;
    }

    private void EndLine(ReadOnlySpan<byte> lastPart)
    {
        if (_line.WrittenCount == 0 && !_isIgnoredLine && lastPart.Length <= _maxEventBytes + FieldOverhead)
        {
            ProcessLine(lastPart);
            return;
        }

        Buffer(lastPart);
        if (!_isIgnoredLine && _status == EventStreamParseStatus.NeedMore) ProcessLine(_line.WrittenSpan);
        _isIgnoredLine = false;
        Empty(ref _line);
    }

    // One large event must not take its memory for as long as the stream lasts.
    private static void Empty(ref ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > MaxReusedBytes) buffer = new();
        else buffer.ResetWrittenCount();
    }

    private void ProcessLine(ReadOnlySpan<byte> line)
    {
        if (_isFirstLine)
        {
            _isFirstLine = false;
            if (line.StartsWith("\uFEFF"u8)) line = line["\uFEFF"u8.Length..];
        }

        if (line.IsEmpty)
        {
            EndBlock();
            return;
        }

        var colon = line.IndexOf((byte)':');
        if (colon == 0) return;
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? default : line[(colon + 1)..];
        ProcessField(field, value is [(byte)' ', ..] ? value[1..] : value);
    }

    private void EndBlock()
    {
        if (_isTooLarge) _status = EventStreamParseStatus.TooLarge;
        else if (_data.WrittenCount != 0) _status = EventStreamParseStatus.Event;
        else if (_isClient && (HasIdField || RetryMilliseconds >= 0)) _status = EventStreamParseStatus.Fields;
        else BeginEvent();
    }

    private void ProcessField(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        if (field.SequenceEqual("data"u8)) AppendData(value);
        else if (field.SequenceEqual("event"u8)) Replace(_name, value);
        else if (field.SequenceEqual("id"u8) && !value.Contains((byte)0)) HasIdField |= Replace(_id, value);
        else if (field.SequenceEqual("retry"u8)) SetRetry(value);
    }

    private void AppendData(ReadOnlySpan<byte> value)
    {
        if (_isTooLarge || !TryRead(ref value, _maxEventBytes - _data.WrittenCount)) return;
        // The buffer ends with an LF, which belongs to the data only if another line follows.
        _data.Write(value);
        _data.Write("\n"u8);
    }

    private bool Replace(ArrayBufferWriter<byte> target, ReadOnlySpan<byte> value)
    {
        if (!TryRead(ref value, _maxEventBytes)) return false;
        target.ResetWrittenCount();
        target.Write(value);
        return true;
    }

    /// <summary>Whether a value can be used; for a client it is made valid UTF-8 (WHATWG Encoding, "UTF-8 decode").</summary>
    private bool TryRead(ref ReadOnlySpan<byte> value, int maxLength)
    {
        var isValid = Utf8.IsValid(value);
        if (_isClient && !isValid) value = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(value));
        if (value.Length > maxLength) Overflow();
        else if (!isValid && !_isClient) _status = EventStreamParseStatus.InvalidUtf8;
        else return true;
        return false;
    }

    // retry = 1*DIGIT

    private void SetRetry(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.ContainsAnyExceptInRange((byte)'0', (byte)'9')) return;

        var milliseconds = 0L;
        foreach (var digit in value)
            milliseconds = Math.Min((milliseconds * 10) + (digit - '0'), int.MaxValue);
        RetryMilliseconds = (int)milliseconds;
    }
}
