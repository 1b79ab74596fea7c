using System.Text;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.History;

/// <summary>What a <see cref="MemoryEventStore"/> has written: what is there after a restart.</summary>
internal sealed class MemoryDisk
{
    private readonly Lock _gate = new();
    private readonly List<Row> _rows = [];
    private readonly Dictionary<byte[], (long LastId, long EvictedThrough, long EndId)> _topics = new(Utf8Comparer.Instance);
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
            if (_origin == 0) _origin = firstIdNow;
            if (!wasClean) _uncleanThrough = Math.Max(_uncleanThrough, _highWater);
            var start = new StoreStart(_origin, _highWater, _lastId, _floor, _uncleanThrough, wasClean, [.. _topics.Select(topic => Describe(topic.Key))]);
            _highWater = Math.Max(_highWater, leaseEnd);
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
                    _rows.Add(new(entry.Id, name, commit.Frame(entry).ToArray(), entry.PrefixLength, entry.PublisherIdLength == 0 ? null : commit.PublisherId(entry).ToArray()));
                    // What a topic of this name once had is below the floor.
                    var evicted = _topics.TryGetValue(name, out var known) ? known.EvictedThrough : _floor;
                    _topics[name] = (entry.Id, evicted, entry.IsFinal ? entry.Id : known.EndId);
                }
            }

            _rows.Sort(first, _rows.Count - first, Comparer<Row>.Create((a, b) => a.Id.CompareTo(b.Id)));
            if (commit.Count > 0) _lastId = commit.Entries[^1].Id;
            _highWater = Math.Max(_highWater, commit.HighWater);
        }
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredPlace> places)
    {
        lock (_gate)
            foreach (var row in _rows)
                if (row.PublisherId is not null && publisherId.SequenceEqual(row.PublisherId)) places.Add(new(row.Topic, row.Id));
    }

    public long PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds)
    {
        lock (_gate)
        {
            var rows = RowsOf(topic);
            var (count, bytes, through) = (rows.Count, rows.Sum(row => (long)row.Frame.Length), 0L);
            foreach (var row in rows)
            {
                if (count <= bounds.MaxEvents && (bytes <= bounds.MaxBytes || count == 1) && row.Id >= bounds.FirstId) break;
                (count, bytes, through) = (count - 1, bytes - row.Frame.Length, row.Id);
            }

            return through;
        }
    }

    public bool Trim(ReadOnlySpan<byte> topic, long through)
    {
        lock (_gate)
        {
            var name = topic.ToArray();
            _topics[name] = (_topics[name].LastId, Math.Max(_topics[name].EvictedThrough, through), _topics[name].EndId);
            var rows = RowsOf(topic).Where(row => row.Id <= through).ToList();
            // Some a call, as a store does that must not stop publishing.
            var now = rows.Take(100).ToHashSet();
            _rows.RemoveAll(now.Contains);
            return rows.Count > now.Count;
        }
    }

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        lock (_gate)
        {
            if (!_topics.Remove(topic.ToArray(), out var known)) return;
            _floor = Math.Max(_floor, Math.Max(known.EvictedThrough, RowsOf(topic).LastOrDefault()?.Id ?? 0));
            var name = topic.ToArray();
            _rows.RemoveAll(row => row.Topic.AsSpan().SequenceEqual(name));
        }
    }

    public void Close(long lastId)
    {
        lock (_gate) (_highWater, _isClean) = (lastId, true);
    }

    public void Read(StoredSelection selection, long after, long through, StoredPage page)
    {
        lock (_gate)
        {
            page.Clear();
            for (var i = IndexAfter(after); i < _rows.Count && _rows[i].Id <= through; i++)
            {
                var row = _rows[i];
                if (!selection.Topics.Any(topic => topic.AsSpan().SequenceEqual(row.Topic)) && !selection.Patterns.Any(pattern => pattern.Matches(row.Topic))) continue;
                if (!page.TryAdd(row.Id, row.Frame, row.PrefixLength)) return;
            }

            page.IsEnd = true;
        }
    }

    public string[] Data(string topic)
    {
        lock (_gate)
            return [.. RowsOf(Encoding.UTF8.GetBytes(topic)).Select(row => Encoding.UTF8.GetString(EventFrame.Payload(row.Frame, row.PrefixLength)).Split("data: "))
                .Where(parts => parts.Length > 1).Select(parts => parts[1].Split('\n')[0])];
    }

    public long[] Ids(string topic)
    {
        lock (_gate) return [.. RowsOf(Encoding.UTF8.GetBytes(topic)).Select(row => row.Id)];
    }

    private StoredTopic Describe(byte[] name)
    {
        var rows = RowsOf(name);
        return new(name, rows.FirstOrDefault()?.Id ?? 0, _topics[name].LastId, rows.Count, rows.Sum(row => (long)row.Frame.Length), _topics[name].EvictedThrough) { EndId = _topics[name].EndId };
    }

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

    private sealed record Row(long Id, byte[] Topic, byte[] Frame, int PrefixLength, byte[]? PublisherId);
}
