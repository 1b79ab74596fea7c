using System.Buffers;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Hub;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Presence;

/// <summary>
/// Publishes the number of a topic's subscribers in its presence topic whenever it differs from the last published one: at most one event
/// per topic and poll, and the final number always. Keeps only topics that have subscribers or whose 0 is not published yet. One thread at
/// a time.
/// </summary>
internal sealed class SubscriberCounts
{
    // Events that are published together share a commit of the store.
    private const int BatchTopics = 256;

    // The last published number is not known, as after a restart.
    private const int Unknown = -1;

    // A number that does not change is published again before its event expires.
    private static readonly TimeSpan RenewInterval = PresenceOptions.Retention.MaxAge / 2;

    // Checks all numbers, because a queue of them would hold an entry for every change of half an hour.
    private static readonly TimeSpan RenewalCheckInterval = TimeSpan.FromMinutes(1);

    private readonly EventHub _hub;
    private readonly PresenceOptions _options;
    private readonly ILogger _logger;
    private readonly Dictionary<byte[], Count> _counts = new(Utf8Comparer.Instance);
    private readonly PublishBatch _batch = new() { IsForSubscribers = true };
    private readonly ArrayBufferWriter<byte> _json = new();
    private List<Count> _due = [];
    private List<Count> _publishing = [];
    private long _renewalsCheckedAt;
    private bool _isRefused;

    public SubscriberCounts(EventHub hub, PresenceOptions options, ILogger logger)
    {
        (_hub, _options, _logger) = (hub, options, logger);
        // Presence topics that were restored from the store hold the counts of the previous run of the server.
        foreach (var name in TopicListing.NamesBelow(hub.Catalog, PresenceTopic.Prefix))
        {
            PresenceTopic.TryGetSubject(name, out var subject);
            if (PresenceOptions.Names(options.Topics, subject)) Record(new(subject.ToArray(), 0), Unknown);
        }
    }

    /// <summary>The number of topics that are kept.</summary>
    public int Known => _counts.Count;

    /// <summary>Publishes what changed since the last poll; what the hub refuses is tried again at the next one.</summary>
    public async ValueTask RefreshAsync(List<SubscriberChange> changes)
    {
        foreach (var change in changes)
        {
            var isReported = change.Topic.Length <= PresenceTopic.MaxSubjectBytes && PresenceOptions.Names(_options.Topics, change.Topic);
            if (isReported) Record(change, 0);
        }

        MarkRenewalsDue();
        (_publishing, _due) = (_due, _publishing);
        var isRefused = false;
        for (var start = 0; start < _publishing.Count; start += BatchTopics)
        {
            var end = Math.Min(_publishing.Count, start + BatchTopics);
            if (await TryPublishAsync(start, end)) continue;
            // A batch is refused as a whole: one by one, those whose topics exist succeed.
            for (var i = start; i < end; i++) isRefused |= !await TryPublishAsync(i, i + 1);
        }

        foreach (var count in _publishing) Settle(count);
        _publishing.Clear();
        if (isRefused && !_isRefused) PresenceLog.CountsRefused(_logger);
        _isRefused = isRefused;
    }

    private void Record(SubscriberChange change, int published)
    {
        if (!_counts.TryGetValue(change.Topic, out var count))
            _counts.Add(change.Topic, count = new(change.Topic) { Published = published });
        count.Current = change.Subscribers;
        MarkDue(count);
    }

    private void MarkRenewalsDue()
    {
        var now = _hub.Clock.Milliseconds;
        if (now - _renewalsCheckedAt < (long)RenewalCheckInterval.TotalMilliseconds) return;
        _renewalsCheckedAt = now;
        foreach (var count in _counts.Values)
        {
            if (count.Published <= 0 || now - count.PublishedAt < (long)RenewInterval.TotalMilliseconds) continue;
            count.Published = Unknown;
            MarkDue(count);
        }
    }

    private void MarkDue(Count count)
    {
        if (count.IsDue) return;
        count.IsDue = true;
        _due.Add(count);
    }

    private async ValueTask<bool> TryPublishAsync(int start, int end)
    {
        _batch.Clear();
        for (var i = start; i < end; i++)
            if (_publishing[i] is var count && count.Published != count.Current) AddToBatch(count);
        if (_batch.Count == 0) return true;
        if (await _hub.PublishAsync(_batch) != HubStatus.Ok) return false;
        var now = _hub.Clock.Milliseconds;
        for (var i = start; i < end; i++)
        {
            var count = _publishing[i];
            if (count.Published == count.Current) continue;
            (count.Published, count.PublishedAt) = (count.Current, now);
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
        // With a key, since=latest gives a new subscriber the current number.
        _batch.Add(topic, new ServerSentEvent { Name = name, Data = _json.WrittenSpan, RetryMilliseconds = -1 }, "subscribers"u8);
    }

    private void Settle(Count count)
    {
        count.IsDue = false;
        if (count.Published != count.Current) MarkDue(count);
        else if (count.Published == 0) _counts.Remove(count.Topic);
    }

    private sealed class Count(byte[] topic)
    {
        public byte[] Topic { get; } = topic;

        public int Current { get; set; }

        public int Published { get; set; }

        public long PublishedAt { get; set; }

        public bool IsDue { get; set; }
    }
}
