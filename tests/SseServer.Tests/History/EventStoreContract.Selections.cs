using SseServer.History;
using SseServer.Tests.History.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.History;

// Random events, trims and restarts, compared with a list.
internal abstract partial class EventStoreContract
{
    [TestCaseSource(typeof(Scale), nameof(Scale.Seeds))]
    public void Any_selection_reads_exactly_what_is_stored_of_it(int seed)
    {
        var random = new Random(seed);
        var model = new List<StoredEvent>();
        var store = OpenStore();
        try
        {
            for (var round = 0; round < 12; round++)
            {
                Publish(store, random, model);
                if (round % 3 == 2) TrimSome(store, random, model);
                if (round % 5 == 4)
                {
                    store.Dispose();
                    store = NewStore();
                    Open(store, 1);
                }

                using var reader = store.OpenReader();
                for (var i = 0; i < 6; i++) ReadSome(reader, random, model);
            }
        }
        finally
        {
            store.Dispose();
        }
    }

    // Names in three groups of very different sizes, so that a pattern matches few topics among many, or many.
    private static string Topic(Random random) => random.Next(10) switch
    {
        0 => $"rare/{random.Next(2)}",
        < 4 => $"few/{random.Next(5)}",
        _ => $"many/{random.Next(150)}/x",
    };

    private static void Publish(IEventStore store, Random random, List<StoredEvent> model)
    {
        var id = model.Count == 0 ? 1 : model.Max(e => e.Id) + random.Next(1, 100);
        var events = new List<StoredEvent>();
        var oneTopic = random.Next(4) == 0 ? Topic(random) : null;
        for (var count = random.Next(1, 1500); count > 0; count--, id += random.Next(1, 4))
            events.Add(new(oneTopic ?? Topic(random), id, new string('d', random.Next(20) == 0 ? random.Next(20_000) : random.Next(200))));
        StoreEvents.Commit(store, events);
        model.AddRange(events);
    }

    private static void TrimSome(IEventStore store, Random random, List<StoredEvent> model)
    {
        foreach (var topic in model.Select(e => e.Topic).Distinct().Where(_ => random.Next(3) == 0).ToList())
        {
            var name = StoreEvents.Utf8(topic);
            var plan = store.PlanTrim(name, new StoreBounds(random.Next(1, 20), long.MaxValue, 0));
            StoreEvents.Trim(store, topic, plan);
            model.RemoveAll(e => e.Topic == topic && e.Id <= plan.Through);
        }
    }

    private static void ReadSome(IStoredEventReader reader, Random random, List<StoredEvent> model)
    {
        string[][] selections =
        [
            ["rare/0"], ["rare/*"], ["few/1", "few/3", "many/7/x"], ["**"],
            ["many/*/x", "rare/1"], ["few/**", "few/2"], ["nothing/*", "rare/0"],
            [.. Enumerable.Range(0, 100).Select(i => $"many/{i}/x")],
        ];
        var selectors = selections[random.Next(selections.Length)];
        var selection = StoreEvents.Select(selectors);
        var last = model.Count == 0 ? 0 : model.Max(e => e.Id);
        var (after, through) = (random.NextInt64(last + 1), random.Next(3) == 0 ? random.NextInt64(last + 1) : long.MaxValue);
        bool IsSelected(StoredEvent e) => selection.Topics.Any(name => name.AsSpan().SequenceEqual(StoreEvents.Utf8(e.Topic)))
            || selection.Patterns.Any(pattern => pattern.Matches(StoreEvents.Utf8(e.Topic)));

        var expected = model.Where(e => e.Id > after && e.Id <= through && IsSelected(e)).Select(e => e.Id).ToList();
        var read = StoreEvents.ReadIds(reader, selection, after, through, random.Next(2) == 0 ? 2_000 : 64 * 1024);

        Assert.That(read, Is.EqualTo(expected), $"{string.Join(", ", selectors[..1])} after {after} through {through}");
    }
}
