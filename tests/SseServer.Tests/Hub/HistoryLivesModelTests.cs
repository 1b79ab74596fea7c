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
/// Random stops, crashes, restored copies and steps of the clock: whatever happened to the history, the events that a subscriber got and
/// the gaps that were announced to it cover everything that the history has for it.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HistoryLivesModelTests
{
    private static readonly string[] Topics = ["a", "b", "fast/c"];
    private static readonly string[][] Selections = [["a"], ["b"], ["fast/c"], ["a", "b"], ["a", "fast/c"], ["*"], ["**"]];

    // Longer than any step of the clock, so that nothing is evicted.
    private static readonly TopicRetention Retention = new() { MaxAge = TimeSpan.FromDays(1000) };

    private static readonly HubOptions Options = HubOptions.Default with
    {
        Shards = 1,
        Retention = Retention,
        Rules = [new TopicRule(TestHub.Select("fast/**"), Retention, Durability.Async)],
    };

    [Test]
    public void Subscribers_got_every_event_of_the_history_or_a_gap([Values] bool isStored, [Range(1, 12)] int seed)
    {
        using var world = new World(new Random(seed), isStored);
        for (var step = 0; step < 400; step++) world.Step();
        Assert.That(world.Resumes, Is.GreaterThan(20), "Something was tried.");
        Assert.That(world.Gaps, Is.InRange(3, world.Checks - 20), "And not all of it was lost.");
    }

    private sealed record Published(string Topic, string Data);

    private sealed class Subscriber(string[] selection)
    {
        public string[] Selection { get; } = selection;

        public string? LastEventId { get; set; }

        public HashSet<string> Done { get; } = [];

        public RecordingSubscription? Subscription { get; set; }

        /// <summary>The last id is from a life that ended with a crash, or from a history that was replaced.</summary>
        public bool MayBeTold { get; set; }

        public bool Selects(Published e) => Selection.Contains(e.Topic) || Selection[0] == "**"
            || (Selection[0] == "*" && !e.Topic.Contains('/'));
    }

    private sealed class World : IDisposable
    {
        private readonly Random _random;
        private readonly bool _isStored;
        private readonly FakeTimeProvider _time = FakeTimeProvider.AtWholeSecond();
        private readonly List<Subscriber> _subscribers = [];
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
                    foreach (var subscriber in _subscribers.Where(_ => _random.Next(2) == 0)) Leave(subscriber);
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

        // Always moving, so that no two lives assign the same id by chance: they could not be told apart.
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
            var away = _subscribers.FindAll(subscriber => subscriber.Subscription is null);
            if (away.Count > 0 && _random.Next(4) > 0)
            {
                Resume(away[_random.Next(away.Count)]);
                return;
            }

            if (_subscribers.Count > 12) return;
            var subscriber = new Subscriber(Selections[_random.Next(Selections.Length)]);
            // A new subscriber is owed what is published from now on.
            subscriber.Done.UnionWith(_history.Where(subscriber.Selects).Select(e => e.Data));
            subscriber.Subscription = _hub.SubscribeLive(subscriber.Selection);
            _subscribers.Add(subscriber);
        }

        private void Resume(Subscriber subscriber)
        {
            Resumes++;
            subscriber.Subscription = subscriber.LastEventId is null ? _hub.SubscribeLive(subscriber.Selection)
                : _hub.Subscribe(TestHub.After(subscriber.LastEventId), subscriber.Selection);
            Check(subscriber);
        }

        /// <summary>A subscriber has got everything that the history has for it, or a gap.</summary>
        private void Check(Subscriber subscriber)
        {
            var owed = _history.Where(subscriber.Selects).Select(e => e.Data).ToList();
            var isTold = false;
            Checks++;
            Eventually.True(
                () =>
                {
                    var stream = subscriber.Subscription!.Stream;
                    subscriber.Done.UnionWith(stream.Data);
                    isTold = stream.Gaps.Any();
                    return isTold || owed.TrueForAll(subscriber.Done.Contains);
                },
                $"{string.Join(' ', subscriber.Selection)} after {subscriber.LastEventId}: "
                    + $"{string.Join(' ', owed.Where(data => !subscriber.Done.Contains(data)))} in silence");
            if (!isTold) return;
            Assert.That(subscriber.MayBeTold, Is.True,
                $"{string.Join(' ', subscriber.Selection)} after {subscriber.LastEventId}: a gap for nothing.");
            Gaps++;
            // A gap announces events that precede those after it.
            TestHub.Settle(subscriber.Subscription!);
            subscriber.Done.UnionWith(owed);
        }

        private void Leave(Subscriber subscriber)
        {
            if (subscriber.Subscription is not { } subscription) return;
            Check(subscriber);
            TestHub.Settle(subscription);
            subscriber.LastEventId = subscription.Stream.LastEventId ?? subscriber.LastEventId;
            // An id of this life: everything before it was seen or announced.
            if (subscription.Stream.LastEventId is { } id && EventId.TryParse(Encoding.UTF8.GetBytes(id), out var last) && last >= _begin)
                subscriber.MayBeTold = false;
            subscriber.Done.UnionWith(subscription.Data);
            subscription.PeerLost();
            subscription.WaitForEnd(StreamEnding.Broken);
            subscriber.Subscription = null;
        }

        private void Restart(int kind)
        {
            foreach (var subscriber in _subscribers) Leave(subscriber);
            if (_time.GetUtcNow() > _latest) _latest = _time.GetUtcNow();
            var crashed = _store.Crash();
            _hub.Dispose();
            if (!_isStored || kind > 0) _subscribers.ForEach(subscriber => subscriber.MayBeTold = true);
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
                // If one copy is restored twice at the same time, the two lives cannot be told apart.
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
