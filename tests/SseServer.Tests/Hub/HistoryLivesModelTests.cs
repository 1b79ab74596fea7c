using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

/// <summary>
/// Random stops, crashes, restored copies and steps of the clock: whatever became of the history, what a reader has seen and what it was
/// told is lost are together all that the history holds for it.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HistoryLivesModelTests
{
    private static readonly string[] Topics = ["a", "b", "fast/c"];
    private static readonly string[][] Selections = [["a"], ["b"], ["fast/c"], ["a", "b"], ["a", "fast/c"], ["*"], ["**"]];

    // Longer than any step of the clock, so that nothing is let go.
    private static readonly TopicRetention Retention = new() { MaxAge = TimeSpan.FromDays(1000) };

    private static readonly HubOptions Options = HubOptions.Default with
    {
        Shards = 1,
        Retention = Retention,
        Rules = [new TopicRule(TestHub.Select("fast/**"), Retention, Durability.Async)],
    };

    [Test]
    public void Readers_have_seen_or_were_told_of_all_that_the_history_holds([Values] bool isStored, [Range(1, 12)] int seed)
    {
        using var world = new World(new Random(seed), isStored);
        for (var step = 0; step < 400; step++) world.Step();
        Assert.That(world.Resumes, Is.GreaterThan(20), "Something was tried.");
        Assert.That(world.Gaps, Is.InRange(3, world.Checks - 20), "And not all of it was lost.");
    }

    private sealed record Published(string Topic, string Data);

    private sealed class Reader(string[] selection)
    {
        public string[] Selection { get; } = selection;

        public string? LastEventId { get; set; }

        public HashSet<string> Done { get; } = [];

        public RecordingSubscription? Subscription { get; set; }

        /// <summary>The last id is of a life that did not end in order, or of a history that was replaced.</summary>
        public bool MayBeTold { get; set; }

        public bool Selects(Published e) => Selection.Contains(e.Topic) || Selection[0] == "**"
            || (Selection[0] == "*" && !e.Topic.Contains('/'));
    }

    private sealed class World : IDisposable
    {
        private readonly Random _random;
        private readonly bool _isStored;
        private readonly HubTime _time = new();
        private readonly List<Reader> _readers = [];
        private readonly List<(MemoryEventStore Store, List<Published> History)> _copies = [];
        private DateTimeOffset _latest;
        private MemoryEventStore _store = new();
        private List<Published> _history = [];
        private TestHub _hub;
        private EventId _begin;
        private int _count;

        public World(Random random, bool isStored)
        {
            (_random, _isStored) = (random, isStored);
            _hub = Start();
            _begin = _hub.Hub.Head;
        }

        public int Resumes { get; private set; }

        public int Gaps { get; private set; }

        public int Checks { get; private set; }

        public void Dispose() => _hub.Dispose();

        public void Step()
        {
            Advance();
            switch (_random.Next(20))
            {
                case < 9:
                    Publish();
                    break;
                case < 12:
                    Join();
                    break;
                case < 14:
                    foreach (var reader in _readers.Where(_ => _random.Next(2) == 0)) Leave(reader);
                    break;
                case 14:
                    CorrectClock();
                    break;
                case 15 when _isStored:
                    var copy = _store.Crash();
                    _copies.Add((copy, Stored(copy)));
                    break;
                case 16:
                    Restart(_random.Next(4));
                    break;
                default:
                    Join();
                    break;
            }
        }

        // Never still, so that no two lives give the same id by chance: such a one nobody could tell from the other.
        private void Advance() => _time.Advance(TimeSpan.FromMilliseconds(_random.Next(1, 3000)));

        private void CorrectClock()
        {
            if (_time.GetUtcNow() < _latest) _time.StepWallClock(_latest - _time.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(1, 100)));
        }

        private void Publish()
        {
            for (var i = _random.Next(1, 4); i > 0; i--)
            {
                var e = new Published(Topics[_random.Next(Topics.Length)], $"{_count++}");
                _hub.Publish(e.Topic, e.Data);
                _history.Add(e);
                Advance();
            }
        }

        private void Join()
        {
            var away = _readers.FindAll(reader => reader.Subscription is null);
            if (away.Count > 0 && _random.Next(4) > 0)
            {
                Resume(away[_random.Next(away.Count)]);
                return;
            }

            if (_readers.Count > 12) return;
            var reader = new Reader(Selections[_random.Next(Selections.Length)]);
            // Who comes anew is owed what comes from now on.
            reader.Done.UnionWith(_history.Where(reader.Selects).Select(e => e.Data));
            reader.Subscription = _hub.SubscribeLive(reader.Selection);
            _readers.Add(reader);
        }

        private void Resume(Reader reader)
        {
            Resumes++;
            reader.Subscription = reader.LastEventId is null ? _hub.SubscribeLive(reader.Selection)
                : _hub.Subscribe(TestHub.After(reader.LastEventId), reader.Selection);
            Check(reader);
        }

        /// <summary>What the history holds for a reader has come by now, or it was told of a loss.</summary>
        private void Check(Reader reader)
        {
            var owed = _history.Where(reader.Selects).Select(e => e.Data).ToList();
            var isTold = false;
            Checks++;
            Eventually.True(
                () =>
                {
                    var stream = reader.Subscription!.Stream;
                    reader.Done.UnionWith(stream.Data);
                    isTold = stream.Gaps.Any();
                    return isTold || owed.TrueForAll(reader.Done.Contains);
                },
                $"{string.Join(' ', reader.Selection)} after {reader.LastEventId}: "
                    + $"{string.Join(' ', owed.Where(data => !reader.Done.Contains(data)))} in silence");
            if (!isTold) return;
            Assert.That(reader.MayBeTold, Is.True, $"{string.Join(' ', reader.Selection)} after {reader.LastEventId}: a gap for nothing.");
            Gaps++;
            // What is lost is what came before the events that follow the word of it.
            TestHub.Settle(reader.Subscription!);
            reader.Done.UnionWith(owed);
        }

        private void Leave(Reader reader)
        {
            if (reader.Subscription is not { } subscription) return;
            Check(reader);
            TestHub.Settle(subscription);
            reader.LastEventId = subscription.Stream.LastEventId ?? reader.LastEventId;
            // An id of this life: what came before it was seen, or told of.
            if (subscription.Stream.LastEventId is { } id && EventId.TryParse(Encoding.UTF8.GetBytes(id), out var last) && last >= _begin)
                reader.MayBeTold = false;
            reader.Done.UnionWith(subscription.Data);
            subscription.PeerLost();
            subscription.WaitForEnd(StreamEnding.Broken);
            reader.Subscription = null;
        }

        private void Restart(int kind)
        {
            foreach (var reader in _readers) Leave(reader);
            if (_time.GetUtcNow() > _latest) _latest = _time.GetUtcNow();
            var crashed = _store.Crash();
            _hub.Dispose();
            if (!_isStored || kind > 0) _readers.ForEach(reader => reader.MayBeTold = true);
            var isBehind = _random.Next(3) == 0;
            if (!_isStored)
            {
                _history = [];
            }
            else if (kind == 0)
            {
                _store = _store.Reopen();
            }
            else if (kind == 1 || _copies.Count == 0)
            {
                (_store, _history) = (crashed, Stored(crashed));
            }
            else
            {
                var copy = _copies[_random.Next(_copies.Count)];
                (_store, _history) = (copy.Store.Crash(), [.. copy.History]);
                // Twice from one copy with no clock to tell them apart, nobody could know one life from the other.
                if (isBehind) _copies.Remove(copy);
            }

            if (isBehind) _time.StepWallClock(-TimeSpan.FromMilliseconds(_random.NextInt64(10_000_000, 400_000_000)));
            else CorrectClock();
            Advance();
            _hub = Start();
            _begin = _hub.Hub.Head;
        }

        private TestHub Start() => new(Options, _time, _isStored ? _store : null);

        private static List<Published> Stored(MemoryEventStore store)
            => [.. Topics.SelectMany(topic => store.Data(topic).Select(data => new Published(topic, data)))
                .OrderBy(e => int.Parse(e.Data, System.Globalization.CultureInfo.InvariantCulture))];
    }
}
