using System.Text;
using SseServer.Presence;

namespace SseServer.Tests.Presence;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class OccupancyTests
{
    private readonly Occupancy _occupancy = new(TimeSpan.FromSeconds(5));
    private readonly List<OccupancyChange> _changes = [];

    [Test]
    public void Topic_is_occupied_immediately_with_its_subscribers()
        => Assert.That(Tick(0, ("a", 3)), Is.EqualTo(new[] { "a 3" }));

    [Test]
    public void Further_subscribers_are_not_reported()
    {
        Tick(0, ("a", 1));
        Assert.That(Tick(1000, ("a", 2)), Is.Empty);
        Assert.That(Tick(2000, ("a", 1)), Is.Empty);
    }

    [TestCase(4999, 0)]
    [TestCase(5000, 1)]
    public void Topic_is_vacated_once_it_was_empty_for_so_long(int milliseconds, int changes)
    {
        Tick(0, ("a", 1));
        Tick(100, ("a", 0));
        Assert.That(Tick(100 + milliseconds), Is.EqualTo(new[] { "a 0" }.Take(changes)));
        Assert.That(_occupancy.Count, Is.EqualTo(1 - changes));
    }

    [Test]
    public void Return_within_the_debounce_is_not_reported()
    {
        Tick(0, ("a", 1));
        Tick(100, ("a", 0));
        Assert.That(Tick(5100, ("a", 1)), Is.Empty);
        Assert.That(Tick(60_000), Is.Empty);
    }

    [Test]
    public void Flapping_topic_is_vacated_once_after_its_last_subscriber()
    {
        Tick(0, ("a", 1));
        for (var time = 1000; time <= 20_000; time += 1000) Assert.That(Tick(time, ("a", time / 1000 % 2)), Is.Empty);
        Assert.That(Tick(24_999), Is.Empty);
        Assert.That(Tick(25_000), Is.EqualTo(new[] { "a 0" }));
        Assert.That(Tick(60_000), Is.Empty);
        Assert.That(Tick(60_000, ("a", 2)), Is.EqualTo(new[] { "a 2" }));
    }

    [Test]
    public void Flapping_leaves_one_entry_a_topic_and_holds_up_no_other()
    {
        Tick(0, ("a", 1), ("b", 1));
        Tick(100, ("a", 0), ("a", 1), ("a", 0), ("a", 1));
        Tick(200, ("b", 0), ("a", 0));
        Assert.That(_occupancy.Waiting, Is.EqualTo(2));
        Tick(300, ("a", 1), ("a", 0));
        Assert.That(_occupancy.Waiting, Is.EqualTo(2));
        Assert.That(Tick(5200), Is.EqualTo(new[] { "b 0" }));
        Assert.That(Tick(5300), Is.EqualTo(new[] { "a 0" }));
        Assert.That(_occupancy.Waiting, Is.Zero);
    }

    [Test]
    public void Leaving_twice_at_one_moment_is_vacated_once()
    {
        Tick(0, ("a", 1));
        Tick(100, ("a", 0), ("a", 1), ("a", 0));
        Assert.That(Tick(5100), Is.EqualTo(new[] { "a 0" }));
    }

    [Test]
    public void Topic_that_was_left_before_the_first_poll_is_not_known()
    {
        Assert.That(Tick(0, ("a", 0)), Is.Empty);
        Assert.That(_occupancy.Count, Is.Zero);
    }

    [Test]
    public void Topics_are_vacated_in_the_order_they_were_left()
    {
        Tick(0, ("a", 1), ("b", 1));
        Tick(100, ("b", 0));
        Tick(200, ("a", 0));
        Assert.That(Tick(10_000), Is.EqualTo(new[] { "b 0", "a 0" }));
    }

    private string[] Tick(long now, params (string Topic, int Readers)[] topics)
    {
        _changes.Clear();
        foreach (var (topic, readers) in topics) _occupancy.Record(new(Encoding.UTF8.GetBytes(topic), readers), now, _changes);
        _occupancy.Tick(now, _changes);
        return [.. _changes.Select(change => $"{Encoding.UTF8.GetString(change.Topic)} {change.Subscribers}")];
    }
}
