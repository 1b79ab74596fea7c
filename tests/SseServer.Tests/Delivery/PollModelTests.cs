using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Log;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History;
using SseServer.Tests.Hub.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>
/// The rule of streams holds over a sequence of polls that continue at <c>next</c>: each event is in one answer, or a gap announces its
/// loss before the next one. Publishing, retention, the store's trims and restarts come between polls and while they wait, and
/// sends stop in the middle of frames.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PollModelTests
{
    private const int Topics = 3;
    private static readonly string[][] Selections = [["t/0"], ["t/0", "t/1"], ["t/*"], ["t/2", "t/*"]];

    private sealed record Published(EventId Id, string Topic, string? Key);

    private sealed class Poller(string[] selection, bool isJson, bool isChunked, string start)
    {
        public string Selection => string.Join(' ', selection);

        public string Next { get; set; } = start;

        public List<string> Seen { get; } = [];

        public HashSet<string> Announced { get; } = [];

        public RecordingSubscription? Open { get; private set; }

        public void Begin(TestHub hub, int limit, TimeSpan wait, int room)
        {
            Open = new RecordingSubscription
            {
                Representation = isJson ? Representation.Json : Representation.EventStream,
                IsChunked = isChunked,
                Poll = new Poll(limit, wait),
            };
            Open.Connection.Take(room);
            hub.Join(Open, TestHub.After(Next), selection);
        }

        public bool Selects(string topic) => selection.Any(selector => selector == topic || selector.EndsWith('*'));

        public PollAnswer Take(int limit)
        {
            Open!.WaitForEnd(StreamEnding.Complete);
            var answer = PollAnswer.Read(Open);
            Assert.That(answer.Ids, Has.Length.LessThanOrEqualTo(limit));
            Next = answer.Next!;
            return answer;
        }
    }

    [Test]
    public void Each_event_is_in_one_answer_or_announced([Values] bool isStored, [Range(1, 20)] int seed)
    {
        for (var round = 0; round < (Scale.IsLong ? 20 : 1); round++) Play(seed + round * 100, isStored, steps: 150);
    }

    private static void Play(int seed, bool isStored, int steps)
    {
        var random = new Random(seed);
        var store = isStored ? new MemoryEventStore { PageEvents = random.Next(1, 6), TrimRows = random.Next(1, 3) } : null;
        var options = HubOptions.Default with
        {
            Shards = random.Next(1, 3),
            Retention = new TopicRetention { MaxEvents = random.Next(4, 60), MaxBytes = random.Next(3) == 0 ? 5000 : 1_000_000 },
            MaxHistoryBytes = random.Next(4_000, 20_000),
            HeartbeatInterval = TimeSpan.FromHours(1),
        };
        var hub = new TestHub(options, store: store);
        var all = new List<Published> { Publish(hub, random) };
        var pollers = Selections.SelectMany((selection, i) => new[]
        {
            new Poller(selection, isJson: true, isChunked: i % 2 == 0, all[0].Id.ToString()),
            new Poller(selection, isJson: false, isChunked: i % 2 == 1, all[0].Id.ToString()),
        }).ToArray();
        for (var step = 0; step < steps; step++)
        {
            for (var publishes = random.Next(4); publishes > 0; publishes--) all.Add(Publish(hub, random));
            foreach (var poller in pollers)
                if (random.Next(3) == 0) Ask(hub, poller, all, random, $"seed {seed}, {poller.Selection}");
            hub.Time.Advance(TimeSpan.FromSeconds(random.Next(3)));
            if (store is null || random.Next(40) > 0) continue;
            hub.Dispose();
            store = store.Reopen();
            hub = new TestHub(options, store: store);
        }

        using (hub)
        {
            foreach (var poller in pollers)
            {
                var end = all.FindLast(e => poller.Selects(e.Topic))!.Id;
                while (EventId.TryParse(Encoding.UTF8.GetBytes(poller.Next), out var next) && next < end)
                    Ask(hub, poller, all, random, $"seed {seed}, {poller.Selection}");
                _ = EventId.TryParse(Encoding.UTF8.GetBytes(poller.Next), out var last);
                // An event of a key is not owed once a newer one of its key is there, even if that one is in a later answer.
                var newest = all.Where(e => e.Key is not null).GroupBy(e => (e.Topic, e.Key)).ToDictionary(
                    group => group.Key, group => group.Max(e => e.Id.Value));
                var owed = all.Where(e => e.Id > all[0].Id && e.Id <= last && poller.Selects(e.Topic)
                    && (e.Key is null || newest[(e.Topic, e.Key)] == e.Id.Value));
                var missing = owed.Select(e => e.Id.ToString()).Except(poller.Seen).Except(poller.Announced);
                Assert.That(missing, Is.Empty, $"seed {seed}, {poller.Selection}: neither seen nor announced");
                Assert.That(poller.Seen, Is.Unique, $"seed {seed}, {poller.Selection}");
            }
        }

        store?.Dispose();
    }

    private static void Ask(TestHub hub, Poller poller, List<Published> all, Random random, string what)
    {
        var limit = random.Next(1, 8);
        var before = poller.Next;
        poller.Begin(hub, limit, TimeSpan.FromSeconds(random.Next(2)), room: random.Next(2) == 0 ? int.MaxValue : random.Next(400));
        if (random.Next(2) == 0) all.Add(Publish(hub, random));
        var opened = poller.Open!;
        for (var turns = 0; opened.Ending is null; turns++)
        {
            Assert.That(turns, Is.LessThan(1000), $"{what}: the poll does not end");
            TestHub.Settle(opened);
            if (opened.Ending is not null) break;
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            // The network takes some more, and stops in the middle of frames.
            opened.Connection.Take(random.Next(4) == 0 ? int.MaxValue : random.Next(3000));
            if (random.Next(4) == 0) all.Add(Publish(hub, random));
        }

        // It pinned dropped history for too long: the client asks again.
        if (opened.Ending == StreamEnding.Broken) return;
        var answer = poller.Take(limit);
        _ = EventId.TryParse(Encoding.UTF8.GetBytes(before), out var after);
        Assert.That(EventId.TryParse(Encoding.UTF8.GetBytes(answer.Next!), out var next), Is.True, what);
        Assert.That(next, Is.GreaterThanOrEqualTo(after), $"{what}: next never goes back");
        var ids = answer.Ids.Select(id =>
        {
            Assert.That(EventId.TryParse(Encoding.UTF8.GetBytes(id), out var parsed), Is.True);
            return parsed;
        }).ToArray();
        Assert.That(ids, Is.Ordered.And.Unique, what);
        if (ids.Length > 0) Assert.That((ids[0] > after, ids[^1] <= next), Is.EqualTo((true, true)), what);
        poller.Seen.AddRange(answer.Ids);
        if (answer.Gap is not { } gap) return;
        Assert.That(gap.GetProperty("after").GetString(), Is.EqualTo(before), what);
        // A gap covers what is lost in front of the events of its answer, of the topics that it names.
        var named = answer.Lost;
        foreach (var lost in all.Where(e => e.Id > after && e.Id <= next && !answer.Ids.Contains(e.Id.ToString())))
            if (named.Any(name => name == lost.Topic || name.EndsWith('*'))) poller.Announced.Add(lost.Id.ToString());
    }

    private static Published Publish(TestHub hub, Random random)
    {
        var topic = $"t/{random.Next(Topics)}";
        var data = new string('x', random.Next(40) == 0 ? 20_000 : random.Next(200));
        var key = random.Next(3) == 0 ? $"k{random.Next(3)}" : null;
        return new(hub.Publish(topic, data, key: key), topic, key);
    }
}
