using System.Buffers;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Presence;

/// <summary>
/// Tells how many read a topic in the topic's presence topic, where the number differs from the one told last: at most one event a topic and look, and the last number
/// always. Knows only topics that are read, or whose 0 is not told yet. One thread at a time.
/// </summary>
internal sealed class SubscriberCounts
{
    // Commits of a store are shared by what is published together.
    private const int BatchTopics = 256;

    // What was told last is not known, as after a restart.
    private const int Unknown = -1;

    // A number that stands still is told again before its event grows too old to be kept.
    private static readonly TimeSpan RenewInterval = PresenceOptions.Retention.MaxAge / 2;

    // All numbers are gone through for that, since a queue of what was told would hold an entry for every change in half an hour.
    private static readonly TimeSpan RenewalLooks = TimeSpan.FromMinutes(1);

    private readonly EventHub _hub;
    private readonly PresenceOptions _options;
    private readonly ILogger _logger;
    private readonly Dictionary<byte[], Count> _counts = new(Utf8Comparer.Instance);
    private readonly PublishBatch _batch = new() { IsForReaders = true };
    private readonly ArrayBufferWriter<byte> _json = new();
    private List<Count> _due = [];
    private List<Count> _telling = [];
    private long _renewedAt;
    private bool _isRefused;

    public SubscriberCounts(EventHub hub, PresenceOptions options, ILogger logger)
    {
        (_hub, _options, _logger) = (hub, options, logger);
        // Presence topics that a store brought back tell of readers that an earlier life of the server had.
        foreach (var name in hub.TopicsBelow(PresenceTopic.Prefix))
        {
            PresenceTopic.TryGetSubject(name, out var subject);
            if (PresenceOptions.Names(options.Topics, subject)) Note(new(subject.ToArray(), 0), Unknown);
        }
    }

    /// <summary>Topics that are known.</summary>
    public int Known => _counts.Count;

    /// <summary>Tells what changed since the last look; what the hub does not take is told with the next look.</summary>
    public async ValueTask RefreshAsync(List<TopicReaders> changes)
    {
        foreach (var change in changes)
            if (PresenceOptions.Names(_options.Topics, change.Topic) && change.Topic.Length <= PresenceTopic.MaxSubjectBytes) Note(change, 0);
        NoteRenewals();
        (_telling, _due) = (_due, _telling);
        var isRefused = false;
        for (var start = 0; start < _telling.Count; start += BatchTopics)
        {
            var end = Math.Min(_telling.Count, start + BatchTopics);
            if (await TryTellAsync(start, end)) continue;
            // A batch is taken or refused as a whole: alone, those pass whose topics are there.
            for (var i = start; i < end; i++) isRefused |= !await TryTellAsync(i, i + 1);
        }

        foreach (var count in _telling) Settle(count);
        _telling.Clear();
        if (isRefused && !_isRefused) PresenceLog.CountsRefused(_logger);
        _isRefused = isRefused;
    }

    private void Note(TopicReaders change, int told)
    {
        if (!_counts.TryGetValue(change.Topic, out var count)) _counts.Add(change.Topic, count = new(change.Topic) { Told = told });
        count.Current = change.Readers;
        MarkDue(count);
    }

    private void NoteRenewals()
    {
        var now = _hub.Milliseconds;
        if (now - _renewedAt < (long)RenewalLooks.TotalMilliseconds) return;
        _renewedAt = now;
        foreach (var count in _counts.Values)
        {
            if (count.Told <= 0 || now - count.ToldAt < (long)RenewInterval.TotalMilliseconds) continue;
            count.Told = Unknown;
            MarkDue(count);
        }
    }

    private void MarkDue(Count count)
    {
        if (count.IsDue) return;
        count.IsDue = true;
        _due.Add(count);
    }

    private async ValueTask<bool> TryTellAsync(int start, int end)
    {
        _batch.Clear();
        for (var i = start; i < end; i++)
            if (_telling[i] is var count && count.Told != count.Current) AddToBatch(count);
        if (_batch.Count == 0) return true;
        if (await _hub.PublishAsync(_batch) != HubStatus.Ok) return false;
        var now = _hub.Milliseconds;
        for (var i = start; i < end; i++)
        {
            var count = _telling[i];
            if (count.Told == count.Current) continue;
            (count.Told, count.ToldAt) = (count.Current, now);
        }

        return true;
    }

    private void AddToBatch(Count count)
    {
        Span<byte> buffer = stackalloc byte[TopicName.MaxBytes];
        PresenceTopic.TryGetName(count.Topic, buffer, out var topic);
        _json.ResetWrittenCount();
        PresenceJson.WriteCount(_json, count.Topic, count.Current);
        EventName.TryCreate("presence"u8, out var name);
        // With a key, a newcomer's since=latest is the number at present.
        _batch.Add(topic, new ServerSentEvent { Name = name, Data = _json.WrittenSpan, RetryMilliseconds = -1 }, "subscribers"u8);
    }

    private void Settle(Count count)
    {
        count.IsDue = false;
        if (count.Told != count.Current) MarkDue(count);
        else if (count.Told == 0) _counts.Remove(count.Topic);
    }

    private sealed class Count(byte[] topic)
    {
        public byte[] Topic { get; } = topic;

        public int Current { get; set; }

        public int Told { get; set; }

        public long ToldAt { get; set; }

        public bool IsDue { get; set; }
    }
}
