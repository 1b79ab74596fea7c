using System.Globalization;
using System.Text;
using SseServer.Presence;

namespace SseServer.Tests.Presence;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class WebhookQueueTests
{
    private readonly WebhookQueue _queue = new();

    [Test]
    public void Messages_of_a_topic_are_delivered_one_at_a_time_in_their_order()
    {
        Add("a", 1);
        Assert.That(_queue.TryTake(0, out var line), Is.True);
        Add("a", 0);
        Assert.That(_queue.TryTake(0, out _), Is.False, "the first is under way");
        _queue.Postpone(line, 1000);
        Assert.That(_queue.TryTake(999, out _), Is.False);
        Assert.That(_queue.TryTake(1000, out line), Is.True);
        Assert.That((line.Message.IsOccupied, line.Attempts), Is.EqualTo((true, 2)), "vacated does not overtake occupied");
        _queue.Finish(line);
        Assert.That(_queue.TryTake(1000, out line), Is.True);
        Assert.That((line.Message.IsOccupied, line.Attempts), Is.EqualTo((false, 1)));
        _queue.Finish(line);
        Assert.That(_queue.Count, Is.Zero);
    }

    [Test]
    public void What_was_not_tried_gives_way_to_the_topics_last_state()
    {
        Add("a", 1);
        Add("a", 0);
        Assert.That(_queue.TryTake(0, out var line), Is.True);
        Assert.That((_queue.Count, line.Message.IsOccupied), Is.EqualTo((1, false)));
    }

    [Test]
    public void While_a_state_is_being_delivered_only_a_different_last_state_follows()
    {
        Add("a", 1);
        _queue.TryTake(0, out var line);
        Add("a", 0);
        Add("a", 2);
        _queue.Finish(line);
        Assert.That(_queue.Count, Is.Zero, "occupied is told");

        Add("a", 0);
        _queue.TryTake(0, out line);
        Add("a", 1);
        Add("a", 0);
        Add("a", 1);
        _queue.Finish(line);
        Assert.That(_queue.TryTake(0, out line), Is.True);
        Assert.That(line.Message.IsOccupied, Is.True);
    }

    [Test]
    public void Four_topics_are_delivered_at_once()
    {
        for (var i = 0; i < 6; i++) Add($"{i}", 1);
        var taken = new List<WebhookQueue.Line>();
        while (_queue.TryTake(0, out var line)) taken.Add(line);
        Assert.That(taken.Select(line => Encoding.UTF8.GetString(line.Message.Topic)), Is.EqualTo(new[] { "0", "1", "2", "3" }));
        _queue.Postpone(taken[0], 1000);
        Assert.That(_queue.TryTake(0, out _), Is.True, "one that waits holds up no other");
    }

    [Test]
    public void Topics_are_bounded_and_existing_ones_are_still_delivered()
    {
        for (var i = 0; i < WebhookQueue.MaxTopics; i++) Assert.That(Add(i.ToString(CultureInfo.InvariantCulture), 1), Is.True);
        Assert.That(Add("more", 1), Is.False);
        Assert.That(Add("7", 0), Is.True);
        _queue.TryTake(0, out var line);
        _queue.Finish(line);
        Assert.That(Add("more", 1), Is.True);
        Assert.That(_queue.Count, Is.EqualTo(WebhookQueue.MaxTopics));
    }

    [Test]
    public void MakeAllDue_makes_everything_due()
    {
        Add("a", 1);
        _queue.TryTake(0, out var line);
        _queue.Postpone(line, long.MaxValue);
        _queue.MakeAllDue();
        Assert.That(_queue.TryTake(0, out _), Is.True);
    }

    private bool Add(string topic, int readers)
        => _queue.TryAdd(new(new(Encoding.UTF8.GetBytes(topic), readers), DateTimeOffset.UnixEpoch));
}
