using SseServer.History;

namespace SseServer.Tests.History.Support;

/// <summary>What a store of keyed events must have, may have and must not have: plain lists, searched from one end to the other.</summary>
internal sealed class KeyedModel
{
    private readonly List<StoredEvent> _published = [];
    private readonly Dictionary<string, (long Trimmed, long Lost, long Keys)> _trims = [];

    public long LastId { get; private set; }

    public static string Topic(Random random) => $"t/{random.Next(4)}";

    /// <summary>Some more events: with keys that come often, with keys that come once, and without keys.</summary>
    public List<StoredEvent> Publish(Random random)
    {
        var events = new List<StoredEvent>();
        var oneTopic = random.Next(3) == 0 ? Topic(random) : null;
        for (var count = random.Next(1, random.Next(10) == 0 ? 2000 : 60); count > 0; count--)
        {
            LastId += random.Next(1, 4);
            var key = random.Next(5) switch
            {
                0 => null,
                1 or 2 => $"hot {random.Next(8)}",
                3 => $"warm {random.Next(200)}",
                _ => $"cold {random.Next(3000)}",
            };
            var data = new string('d', random.Next(400));
            var publisherId = random.Next(20) == 0 ? $"p{LastId}" : null;
            events.Add(new(oneTopic ?? Topic(random), LastId, data, publisherId) { Key = key });
        }

        _published.AddRange(events);
        return events;
    }

    public void Trim(string topic, StoreTrim plan, StoreBounds bounds)
    {
        if (plan.Through == 0) return;
        var known = _trims.GetValueOrDefault(topic);
        Assert.That(plan.Through, Is.GreaterThanOrEqualTo(known.Trimmed));
        Assert.That(plan.LostThrough, Is.LessThanOrEqualTo(plan.Through));
        var newest = Newest(topic).ToHashSet();
        bool IsLost(StoredEvent e) => e.Key is null ? e.Id > known.Trimmed : newest.Contains(e) && e.Id <= plan.KeysThrough;
        var newlyLost = Of(topic).Where(e => e.Id <= plan.Through && IsLost(e)).ToList();
        Assert.That(plan.LostThrough, Is.EqualTo(newlyLost.Count == 0 ? 0 : newlyLost[^1].Id), "Exactly what is lost is announced.");
        var before = Of(topic).Count(e => e.Id > known.Trimmed);
        var leastKept = bounds.FirstId > 0 ? 0 : Math.Min(bounds.MaxEvents, before);
        Assert.That(Of(topic).Count(e => e.Id > plan.Through), Is.GreaterThanOrEqualTo(leastKept));
        _trims[topic] = (plan.Through, Math.Max(known.Lost, plan.LostThrough), Math.Max(known.Keys, plan.KeysThrough));
        Assert.That(Newest(topic).Count(e => e.Id <= plan.Through), Is.LessThanOrEqualTo(bounds.MaxKeys));
    }

    /// <param name="topics">What the store has.</param>
    /// <param name="isCounted">Whether the store counts events.</param>
    public void Check(IReadOnlyList<StoredTopic> topics, bool isCounted)
    {
        foreach (var topic in topics)
        {
            var name = System.Text.Encoding.UTF8.GetString(topic.Name);
            var (trimmed, lost, _) = _trims.GetValueOrDefault(name);
            var retained = Of(name).Where(e => e.Id > trimmed).ToList();
            Assert.That((topic.TrimmedThrough, topic.LostThrough), Is.EqualTo((trimmed, lost)));
            Assert.That(topic.LastId, Is.EqualTo(Of(name).Last().Id));
            if (!isCounted) continue;
            Assert.That(topic.Count, Is.EqualTo(retained.Count));
            Assert.That(topic.FirstId, Is.EqualTo(retained.Count == 0 ? 0 : retained[0].Id));
            Assert.That(topic.Kept, Is.EqualTo(Newest(name).Count(e => e.Id <= trimmed)));
        }
    }

    public void Check(IStoredEventReader reader, Random random)
    {
        string[][] selections = [["t/0"], ["t/1", "t/2", "none"], ["t/*"], ["**", "t/3"]];
        var selectors = selections[random.Next(selections.Length)];
        var topics = selectors.Contains("t/*") || selectors.Contains("**") ? ["t/0", "t/1", "t/2", "t/3"] : selectors;
        var after = random.Next(3) == 0 ? 0 : random.NextInt64(LastId);
        var through = random.Next(3) == 0 ? random.NextInt64(LastId) : long.MaxValue;
        var capacity = random.Next(2) == 0 ? 2_000 : 64 * 1024;
        bool IsWithin(StoredEvent e) => e.Id > after && e.Id <= through;

        var latest = topics.SelectMany(Newest).Where(IsWithin).Select(e => e.Id).Order().ToList();
        var selection = StoreEvents.Select(selectors);
        var readLatest = StoreEvents.ReadIds(reader, selection with { LatestOnly = true }, after, through, capacity);
        Assert.That(readLatest, Is.EqualTo(latest), "latest");

        var must = topics.SelectMany(topic => Newest(topic).Concat(Retained(topic))).Where(IsWithin).Select(e => e.Id).ToHashSet();
        // Kept events that are superseded are deleted some time later.
        var may = topics.SelectMany(Of).Where(e => e.Key is not null && IsWithin(e)).Select(e => e.Id).ToHashSet();
        var read = StoreEvents.ReadIds(reader, selection, after, through, capacity);
        Assert.That(must.Except(read), Is.Empty, "missing");
        Assert.That(read.Where(id => !must.Contains(id) && !may.Contains(id)), Is.Empty, "trimmed");
    }

    private IEnumerable<StoredEvent> Of(string topic) => _published.Where(e => e.Topic == topic);

    private IEnumerable<StoredEvent> Retained(string topic) => Of(topic).Where(e => e.Id > _trims.GetValueOrDefault(topic).Trimmed);

    /// <summary>The newest event of each key, but of those keys that were deleted because there were too many.</summary>
    private IEnumerable<StoredEvent> Newest(string topic)
        => Of(topic).Where(e => e.Key is not null).GroupBy(e => e.Key).Select(key => key.Last())
            .Where(e => e.Id > _trims.GetValueOrDefault(topic).Keys);
}
