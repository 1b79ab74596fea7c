using System.Buffers;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Relay;

/// <summary>From the source's bytes to the topic: selects events, and publishes them together with the position.</summary>
internal sealed partial class TopicRelay
{
    // So that a source that reports a gap with every block cannot fill the log.
    private static readonly TimeSpan GapLogInterval = TimeSpan.FromMinutes(1);

    private readonly PublishBatch _batch = new();
    private DateTimeOffset _storedAt;
    private string? _blockedBy;
    private bool _hasDropped;
    private long? _gapLoggedAt;

    // The position of a source without events would expire. After a start its age is not known.
    private bool IsRefreshDue
        => !_position.IsEmpty && _time.GetUtcNow() - _storedAt > _hub.Options.RuleOf(_positions.Name).Retention.MaxAge / 2;

    /// <summary>Resumes where the relay stopped, which is known if there is a store.</summary>
    private async Task RestoreAsync(CancellationToken stopping)
    {
        while (true)
        {
            var reader = new PositionReader(_positions, _position.Restore);
            if (await PositionReader.ReadAsync(reader, _hub, _positions))
            {
                if (reader.Foreign > 0 && _position.IsEmpty) RelayLog.OtherSource(_logger, _topic);
                if (!_position.IsEmpty) RelayLog.Resumes(_logger, _topic, _position.LastEventId, _position.KnownCount);
                ReportBlocked(null);
                return;
            }

            ReportBlocked("PositionUnreadable");
            await PauseAsync(RetryInterval, stopping);
        }
    }

    /// <summary>Publishes the events that the bytes complete; waits while the hub refuses them. False if the topic has ended.</summary>
    private async ValueTask<bool> PublishAsync(ReadOnlyMemory<byte> bytes, CancellationToken stopping)
    {
        _batch.Clear();
        Parse(bytes);
        var events = _batch.Count;
        if (_position.HasUnstored || IsRefreshDue) _positions.Add(_batch, _position.Lines());
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

            ReportBlocked(status?.ToString() ?? "MemoryPressure");
            await PauseAsync(RetryInterval, stopping);
        }

        ReportBlocked(null);
        Counters.Events += events;
        _position.MarkStored();
        _storedAt = _time.GetUtcNow();
        return true;
    }

    private void ReportBlocked(string? reason)
    {
        if (reason == _blockedBy) return;
        _blockedBy = reason;
        if (reason is null) RelayLog.Unblocked(_logger, _topic);
        else RelayLog.Blocked(_logger, _topic, reason);
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
            // A source that sends events works.
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
        // An event without its own id inherits the last one (WHATWG HTML 9.2.6) and cannot be recognised as a repeat, so it is published.
        else if (!id.IsEmpty && !_position.TryRelay(id)) Counters.Repeats++;
        else _batch.Add(topic, new ServerSentEvent { Name = name, Data = _parser.Data, RetryMilliseconds = -1 });
    }

    // Control events of the source's server are not for our subscribers, except that events are missing.
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
        if (_gapLoggedAt is { } at && _time.GetElapsedTime(at) < GapLogInterval) return;
        _gapLoggedAt = _time.GetTimestamp();
        var gap = Encoding.UTF8.GetString(_parser.Data[..Math.Min(_parser.Data.Length, 256)]);
        RelayLog.Gap(_logger, _topic, _source.Name, gap, Counters.Gaps);
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
