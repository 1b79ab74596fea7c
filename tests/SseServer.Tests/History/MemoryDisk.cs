using System.Text;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.History;

/// <summary>What a <see cref="MemoryEventStore"/> has written, and so what is there after a restart.</summary>
internal sealed class MemoryDisk
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];
    private readonly Dictionary<byte[], TopicState> _topics = new(Utf8Comparer.Instance);
    private readonly List<IdRange> _lives = [];
    private long _origin;
    private long _highWater;
    private long _lastId;
    private long _floor;
    private long _uncleanThrough;
    private bool _isClean = true;

    public string[] Topics
    {
        get
        {
            lock (_gate) return [.. _topics.Keys.Select(Encoding.UTF8.GetString)];
        }
    }

    public MemoryDisk Copy()
    {
        var copy = new MemoryDisk();
        lock (_gate)
        {
            copy._rows.AddRange(_rows);
            copy._lives.AddRange(_lives);
            foreach (var (name, topic) in _topics) copy._topics.Add(name, topic);
            (copy._origin, copy._highWater, copy._lastId, copy._floor) = (_origin, _highWater, _lastId, _floor);
            (copy._uncleanThrough, copy._isClean) = (_uncleanThrough, _isClean);
        }

        return copy;
    }

    public StoreStart Open(long firstIdNow, long leaseEnd)
    {
        lock (_gate)
        {
            var wasClean = _isClean;
            var firstId = StoreStart.FirstIdAfter(_highWater, firstIdNow);
            BeginLife(wasClean ? _highWater : _lastId, firstId);
            if (_origin == 0) _origin = firstId;
            if (!wasClean) _uncleanThrough = Math.Max(_uncleanThrough, _highWater);
            var start = new StoreStart(_origin, _highWater, _lastId, _floor, _uncleanThrough, wasClean,
                [.. _topics.Select(topic => Describe(topic.Key))])
            { Lives = [.. _lives] };
            _highWater = Math.Max(firstId, leaseEnd);
            _isClean = false;
            return start;
        }
    }

    public void Commit(StoreCommit commit)
    {
        lock (_gate)
        {
            var first = _rows.Count;
            foreach (var index in commit.Topics)
            {
                ref readonly var topic = ref commit.Topic(index);
                for (var i = topic.First; i >= 0; i = commit.Entries[i].Next)
                {
                    ref readonly var entry = ref commit.Entries[i];
                    Assert.That(entry.Id, Is.GreaterThan(_lastId), "Commits come in rising order.");
                    var name = topic.Name.ToArray();
                    var publisherId = entry.PublisherIdLength == 0 ? null : commit.PublisherId(entry).ToArray();
                    _rows.Add(new(entry.Id, name, commit.Frame(entry).ToArray(), entry.PrefixLength, publisherId)
                    {
                        Key = entry.KeyLength == 0 ? null : Encoding.UTF8.GetString(commit.Key(entry)),
                        IsFinal = entry.IsFinal,
                        Digest = entry.Digest,
                    });
                    // If a topic of this name was removed, what it had is at or below the floor.
                    var known = _topics.GetValueOrDefault(name) ?? new(0, _floor, _floor, 0);
                    _topics[name] = known with { LastId = entry.Id, EndId = entry.IsFinal ? entry.Id : known.EndId };
                }
            }

            foreach (var skip in commit.Skips) BeginLife(skip.Through, skip.From);
            _rows.Sort(first, _rows.Count - first, Comparer<Row>.Create((a, b) => a.Id.CompareTo(b.Id)));
            if (commit.Count > 0) _lastId = commit.Entries[^1].Id;
            _highWater = Math.Max(_highWater, commit.HighWater);
        }
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations)
    {
        lock (_gate)
            foreach (var row in _rows)
                if (row.PublisherId is not null && publisherId.SequenceEqual(row.PublisherId))
                    locations.Add(new(row.Topic, row.Id, row.Digest));
    }

    public StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds, int maxKeys = int.MaxValue)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue(topic.ToArray(), out var known)) return default;
            var all = RowsOf(topic);
            var rows = all.FindAll(row => row.Id > known.TrimmedThrough);
            var (count, bytes, through) = (rows.Count, rows.Sum(row => (long)row.Frame.Length), known.TrimmedThrough);
            foreach (var row in rows)
            {
                if (count <= bounds.MaxEvents && (bytes <= bounds.MaxBytes || count == 1) && row.Id >= bounds.FirstId) break;
                if (row.Id > bounds.LastId) break;
                (count, bytes, through) = (count - 1, bytes - row.Frame.Length, row.Id);
            }

            var newest = Newest(all);
            var kept = all.FindAll(row => row.Id <= through && newest.Contains(row));
            var firstId = bounds.FirstId;
            var over = Math.Min(maxKeys, Math.Max(kept.Count - bounds.MaxKeys, kept.Count(row => row.Id < firstId)));
            var keysThrough = over > 0 ? kept[(int)over - 1].Id : 0;
            if (through == known.TrimmedThrough && keysThrough == 0) return default;
            var lost = rows.LastOrDefault(row => row.Id <= through && row.Key is null)?.Id ?? 0;
            return new(through, Math.Max(lost, keysThrough), keysThrough);
        }
    }

    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, int maxRows)
    {
        lock (_gate)
        {
            var (name, through, keysThrough) = (topic.ToArray(), plan.Through, plan.KeysThrough);
            if (!_topics.TryGetValue(name, out var known)) return false;
            _topics[name] = known with
            {
                TrimmedThrough = Math.Max(known.TrimmedThrough, through),
                LostThrough = Math.Max(known.LostThrough, plan.LostThrough),
            };
            var all = RowsOf(topic);
            var newest = Newest(all);
            var rows = all.FindAll(row => row.Id <= through && (!newest.Contains(row) || row.Id <= keysThrough));
            // Some a step, as a store does that must not hold up publishing.
            var now = rows.Take(maxRows).ToHashSet();
            _rows.RemoveAll(now.Contains);
            return rows.Count > now.Count;
        }
    }

    public bool HasEvents(ReadOnlySpan<byte> topic)
    {
        lock (_gate) return RowsOf(topic).Count > 0;
    }

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        lock (_gate)
        {
            if (!_topics.Remove(topic.ToArray(), out var known)) return;
            _floor = Math.Max(_floor, Math.Max(known.LostThrough, RowsOf(topic).LastOrDefault()?.Id ?? 0));
            var name = topic.ToArray();
            _rows.RemoveAll(row => row.Topic.AsSpan().SequenceEqual(name));
        }
    }

    public void DeleteTopic(ReadOnlySpan<byte> topic, long id, long highWater)
    {
        lock (_gate)
        {
            (_highWater, _lastId) = (Math.Max(_highWater, highWater), Math.Max(_lastId, id));
            var name = topic.ToArray();
            if (!_topics.TryGetValue(name, out var known)) return;
            _rows.RemoveAll(row => row.Topic.AsSpan().SequenceEqual(name));
            _topics[name] = new(known.LastId, known.LastId, known.LastId, EndId: id);
        }
    }

    public void Close(long lastId)
    {
        lock (_gate) (_highWater, _isClean) = (lastId, true);
    }

    public void Read(StoredSelection selection, long after, long through, StoredPage page, int maxEvents)
    {
        lock (_gate)
        {
            page.Clear();
            var newest = selection.LatestOnly
                ? _rows.GroupBy(row => row.Topic, Utf8Comparer.Instance).SelectMany(Newest).ToHashSet()
                : null;
            for (var i = IndexAfter(after); i < _rows.Count && _rows[i].Id <= through; i++)
            {
                var row = _rows[i];
                if (!IsSelected(selection, row.Topic)) continue;
                if (newest is not null && !row.IsFinal && !newest.Contains(row)) continue;
                if (page.Count == maxEvents || !page.TryAdd(row.Id, row.Frame, row.PrefixLength,
                    key: Encoding.UTF8.GetBytes(row.Key ?? ""), isFinal: row.IsFinal)) return;
                if (selection.NeedsNames) page.Entries[page.Count - 1].TopicName = row.Topic;
            }

            page.IsEnd = true;
        }
    }

    public string[] Data(string topic)
    {
        lock (_gate)
            return [.. RowsOf(Encoding.UTF8.GetBytes(topic))
                .Select(row => Encoding.UTF8.GetString(EventFrame.Payload(row.Frame, row.PrefixLength)).Split("data: "))
                .Where(parts => parts.Length > 1)
                .Select(parts => parts[1].Split('\n')[0])];
    }

    public long[] Ids(string topic)
    {
        lock (_gate) return [.. RowsOf(Encoding.UTF8.GetBytes(topic)).Select(row => row.Id)];
    }

    private static bool IsSelected(StoredSelection selection, byte[] topic)
        => selection.Topics.Any(name => name.AsSpan().SequenceEqual(topic)) || selection.Patterns.Any(pattern => pattern.Matches(topic));

    private void BeginLife(long lastId, long firstId)
    {
        if (_lives.Count > 0) _lives[^1] = _lives[^1] with { Last = Math.Max(_lives[^1].First, lastId) };
        _lives.Add(new(firstId, firstId));
    }

    private StoredTopic Describe(byte[] name)
    {
        var (topic, all) = (_topics[name], RowsOf(name));
        var rows = all.FindAll(row => row.Id > topic.TrimmedThrough);
        var bytes = rows.Sum(row => (long)row.Frame.Length);
        return new(name, rows.FirstOrDefault()?.Id ?? 0, topic.LastId, rows.Count, bytes, topic.LostThrough)
        {
            TrimmedThrough = topic.TrimmedThrough,
            Kept = Newest(all).Count(row => row.Id <= topic.TrimmedThrough),
            EndId = topic.EndId > topic.LastId ? 0 : topic.EndId,
            DeletedId = topic.EndId > topic.LastId ? topic.EndId : 0,
        };
    }

    /// <summary>Of a topic's rows, the newest of each key.</summary>
    private static HashSet<Row> Newest(IEnumerable<Row> rows)
        => [.. rows.Where(row => row.Key is not null).GroupBy(row => row.Key).Select(key => key.Last())];

    private List<Row> RowsOf(ReadOnlySpan<byte> topic)
    {
        var name = topic.ToArray();
        return _rows.FindAll(row => row.Topic.AsSpan().SequenceEqual(name));
    }

    private int IndexAfter(long id)
    {
        int low = 0, high = _rows.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_rows[middle].Id <= id) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private sealed record Row(long Id, byte[] Topic, byte[] Frame, int PrefixLength, byte[]? PublisherId)
    {
        public string? Key { get; init; }

        public bool IsFinal { get; init; }

        public long Digest { get; init; }
    }

    private sealed record TopicState(long LastId, long LostThrough, long TrimmedThrough, long EndId);
}
