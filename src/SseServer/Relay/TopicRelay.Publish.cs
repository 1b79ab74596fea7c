using System.Buffers;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Relay;

// From the source's bytes to the topic: which events are taken, and how they are published together with the position.
internal sealed partial class TopicRelay
{
    // A source that says it with every block fills no log.
    private static readonly TimeSpan GapLines = TimeSpan.FromMinutes(1);

    private readonly PublishBatch _batch = new();
    private DateTimeOffset _writtenAt;
    private string? _hold;
    private bool _hasDropped;
    private long? _gapLoggedAt;

    // A source that gives no event for long would lose its position to the topic's age. After a start its age is not known.
    private bool IsRefreshDue
        => !_position.IsEmpty && _time.GetUtcNow() - _writtenAt > _hub.Options.RuleOf(_positions.Name).Retention.MaxAge / 2;

    /// <summary>Goes on where the relay left off, which is known with a store.</summary>
    private async Task RestoreAsync(CancellationToken stopping)
    {
        while (true)
        {
            var reader = new PositionReader(_positions, _position.Restore);
            if (await PositionReader.ReadAsync(reader, _hub, _positions))
            {
                if (reader.Foreign > 0 && _position.IsEmpty) RelayLog.OtherSource(_logger, _topic);
                if (!_position.IsEmpty) RelayLog.Resumes(_logger, _topic, _position.LastEventId, _position.KnownCount);
                Hold(null);
                return;
            }

            Hold("PositionUnreadable");
            await PauseAsync(HoldInterval, stopping);
        }
    }

    /// <summary>Publishes what the bytes complete; waits while the hub takes nothing. False where the topic has ended.</summary>
    private async ValueTask<bool> PublishAsync(ReadOnlyMemory<byte> bytes, CancellationToken stopping)
    {
        _batch.Clear();
        Parse(bytes);
        var events = _batch.Count;
        if (_position.HasNews || IsRefreshDue) _positions.Add(_batch, _position.Lines());
        if (_batch.Count == 0) return true;
        while (true)
        {
            var status = _hub.Pressure == MemoryPressure.Full ? (HubStatus?)null : await _hub.PublishAsync(_batch);
            if (status == HubStatus.Ok) break;
            if (status == HubStatus.TopicEnded)
            {
                RelayLog.TopicEnded(_logger, _topic);
                return false;
            }

            Hold(status?.ToString() ?? "MemoryPressure");
            await PauseAsync(HoldInterval, stopping);
        }

        Hold(null);
        Counters.Events += events;
        _position.Written();
        _writtenAt = _time.GetUtcNow();
        return true;
    }

    private void Hold(string? reason)
    {
        if (reason == _hold) return;
        _hold = reason;
        if (reason is null) RelayLog.Released(_logger, _topic);
        else RelayLog.Held(_logger, _topic, reason);
    }

    private void Parse(ReadOnlyMemory<byte> bytes)
    {
        TopicName.TryCreate(_options.Topic, out var topic, out _);
        var input = new ReadOnlySequence<byte>(bytes);
        EventStreamParseStatus status;
        while ((status = _parser.Parse(ref input)) != EventStreamParseStatus.NeedMore)
        {
            if (_parser.RetryMilliseconds >= 0) _retry = TimeSpan.FromMilliseconds(_parser.RetryMilliseconds);
            var hasId = _parser.HasIdField && RelayPosition.IsUsable(_parser.Id);
            if (hasId) _position.MoveTo(_parser.Id);
            if (status == EventStreamParseStatus.Fields) continue;
            // A source that gives events is well.
            _failures = 0;
            if (status == EventStreamParseStatus.TooLarge) Drop("it is larger than Limits:MaxEventBytes");
            else Add(topic, hasId ? _parser.Id : default);
        }
    }

    private void Add(TopicName topic, ReadOnlySpan<byte> id)
    {
        if (ControlBlocks.IsReserved(_parser.Name)) AddGap(topic);
        else if (!IsWanted(_parser.Name)) return;
        else if (!EventName.TryCreate(_parser.Name, out var name)) Drop("its type is longer than 256 bytes or holds a control character");
        // An event without an id of its own cannot be told from a repeat (WHATWG HTML 9.2.6 has it inherit the last one), so it is taken.
        else if (!id.IsEmpty && !_position.TryRelay(id)) Counters.Repeats++;
        else _batch.Add(topic, new ServerSentEvent { Name = name, Data = _parser.Data, RetryMilliseconds = -1 });
    }

    // What the source's server says of its own stream is not for our readers, but that events are missing from now on is.
    private void AddGap(TopicName topic)
    {
        if (!_parser.Name.SequenceEqual("gap"u8)) return;
        Counters.Gaps++;
        LogGap();
        EventName.TryCreate("upstream-gap"u8, out var name);
        _batch.Add(topic, new ServerSentEvent { Name = name, Data = _parser.Data, RetryMilliseconds = -1 });
    }

    private void LogGap()
    {
        if (_gapLoggedAt is { } at && _time.GetElapsedTime(at) < GapLines) return;
        _gapLoggedAt = _time.GetTimestamp();
        RelayLog.Gap(_logger, _topic, _source.Name, Encoding.UTF8.GetString(_parser.Data[..Math.Min(_parser.Data.Length, 256)]), Counters.Gaps);
    }

    private bool IsWanted(ReadOnlySpan<byte> name)
    {
        if (_options.Events.Count == 0) return true;
        if (name.IsEmpty) name = "message"u8;
        foreach (var wanted in _options.Events)
            if (name.SequenceEqual(wanted)) return true;
        return false;
    }

    private void Drop(string reason)
    {
        Counters.Dropped++;
        if (_hasDropped) return;
        _hasDropped = true;
        RelayLog.Dropped(_logger, _topic, _source.Name, reason);
    }
}
