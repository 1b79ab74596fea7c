using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Delivery;

/// <summary>Ending a share of the streams over a period: how many when, and which.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ShedTests
{
    private static readonly HubOptions Options = HubOptions.Default with { Shards = 2 };

    [TestCase(100, 0, 1)]
    [TestCase(100, 39, 1)]
    [TestCase(100, 40, 2)]
    [TestCase(100, 2000, 51)]
    [TestCase(100, 3999, 100)]
    [TestCase(100, 4000, 100)]
    [TestCase(1, 0, 1, Description = "a lone one is not kept waiting")]
    [TestCase(0, 2000, 0)]
    [TestCase(int.MaxValue, 2000, 1_073_741_824)]
    public void Ends_are_even_over_the_period(int part, long elapsed, int expected)
        => Assert.That(Of(period: 4000).Due(part, 7 + elapsed), Is.EqualTo(expected));

    [Test]
    public void Without_a_period_all_end_at_once() => Assert.That(Of(period: 0).Due(100, 7), Is.EqualTo(100));

    [TestCase(new[] { 50, 50 }, 20, new[] { 10, 10 })]
    [TestCase(new[] { 3, 3, 3 }, 50, new[] { 2, 1, 2 })]
    [TestCase(new[] { 1, 1, 1, 1, 1 }, 20, new[] { 0, 0, 1, 0, 0 })]
    [TestCase(new[] { 7, 0, 5 }, 100, new[] { 7, 0, 5 })]
    [TestCase(new[] { 10 }, 1, new[] { 0 })]
    [TestCase(new[] { int.MaxValue, int.MaxValue }, 100, new[] { int.MaxValue, int.MaxValue })]
    public void Parts_of_shards_are_proportional_and_sum_to_the_share(int[] streams, int percent, int[] expected)
        => Assert.That(ShedPlan.PartsOf(streams, percent), Is.EqualTo(expected));

    [Test]
    public void Picked_streams_are_as_many_as_wanted_and_evenly_spread([Values(1, 7, 100)] int count, [Values(0, 1, 3, 50, 100)] int part)
    {
        part = Math.Min(part, count);
        var picked = Enumerable.Range(0, count).Where(index => ShedPlan.IsPicked(index, count, part)).ToList();
        Assert.That(picked, Has.Count.EqualTo(part));
        for (var i = 1; i < part; i++) Assert.That(picked[i] - picked[i - 1], Is.EqualTo((double)count / part).Within(1));
    }

    [Test]
    public void At_half_the_time_half_have_ended_and_a_stream_that_joins_a_drain_ends_at_once()
    {
        using var hub = new TestHub(Options);
        var subscriptions = Enumerable.Range(0, 40).Select(_ => hub.SubscribeLive("a")).ToList();

        hub.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(4));
        Advance(hub, subscriptions, TimeSpan.FromSeconds(2));
        Assert.That(subscriptions.Count(subscription => subscription.Ending is not null), Is.EqualTo(22), "eleven of each shard's twenty");
        var late = hub.Subscribe(ResumePoint.Head, "a");
        late.WaitForEnd(StreamEnding.Shed);
        hub.Publish("a", "still there");
        Advance(hub, subscriptions, TimeSpan.FromSeconds(2));

        Assert.That(subscriptions.Select(subscription => subscription.Ending), Is.All.EqualTo(StreamEnding.Shed));
        Assert.That(subscriptions.Count(subscription => subscription.Data is ["still there"]), Is.EqualTo(18));
        Assert.That(subscriptions.Append(late).Select(subscription => subscription.Stream.Blocks[^1].Retry), Is.All.Not.Null);
    }

    [Test]
    public void Stream_that_ends_by_itself_during_a_drain_gets_a_reconnection_time_after_it()
    {
        using var hub = new TestHub(Options);
        var lifetime = new StreamLifetime(hub.Time.GetUtcNow().AddDays(1), hub.Time.GetUtcNow().AddSeconds(2), default);
        var subscriptions = Enumerable.Range(0, 40).Select(_ => hub.SubscribeLive("a")).ToList();
        var ending = hub.Join(new RecordingSubscription { Lifetime = lifetime }, ResumePoint.Head, "a");
        Eventually.True(() => ending.Stream.Blocks.Count == 1);

        hub.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(60), absence: TimeSpan.FromSeconds(100));
        Advance(hub, [.. subscriptions, ending], TimeSpan.FromSeconds(3));

        Eventually.True(() => ending.Ending is not null);
        Assert.That(int.Parse(ending.Stream.Blocks[^1].Retry!, null), Is.GreaterThanOrEqualTo(97_000));
    }

    [Test]
    public void Shed_takes_the_share_of_each_shard_and_leaves_the_rest_and_newcomers_alone()
    {
        using var hub = new TestHub(Options);
        var subscriptions = Enumerable.Range(0, 40).Select(_ => hub.SubscribeLive("a")).ToList();

        Assert.That(hub.Hub.Shedder.TryShed(25, TimeSpan.FromSeconds(10), out var streams), Is.True);
        Advance(hub, subscriptions, TimeSpan.FromSeconds(5));
        subscriptions.Add(hub.SubscribeLive("a"));
        Advance(hub, subscriptions, TimeSpan.FromSeconds(10));

        var ended = subscriptions.Where(subscription => subscription.Ending is not null).ToList();
        Assert.That((streams, ended.Count, hub.Hub.Streams), Is.EqualTo((10, 10, 31)));
        Assert.That(ended.GroupBy(subscription => subscription.Inbox).Select(shard => shard.Count()), Is.All.EqualTo(5));
        Assert.That(hub.Hub.FanOut.Count().Shed, Is.EqualTo(10));
    }

    [Test]
    public void Stalled_subscriber_ends_when_its_write_is_done()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 });
        var subscription = hub.SubscribeLive("a");
        subscription.Connection.Take(20);
        hub.Publish("a", "whole");
        subscription.WaitUntilBlocked();

        Assert.That(hub.Hub.Shedder.TryShed(100, TimeSpan.Zero, out var streams), Is.True);
        TestHub.Settle(subscription);
        Assert.That((streams, subscription.Ending), Is.EqualTo((1, (StreamEnding?)null)));
        subscription.Connection.Take(int.MaxValue);

        subscription.WaitForEnd(StreamEnding.Shed);
        Assert.That((subscription.Data, subscription.Stream.IsEnded), Is.EqualTo((new[] { "whole" }, true)));
        Assert.That(subscription.Stream.Blocks[^1].Retry, Is.Not.Null);
    }

    [Test]
    public void Drain_replaces_a_shed_and_no_shed_begins_in_a_drain()
    {
        using var hub = new TestHub(Options);
        var subscriptions = Enumerable.Range(0, 20).Select(_ => hub.SubscribeLive("a")).ToList();

        hub.Hub.Shedder.TryShed(50, TimeSpan.FromSeconds(300), out _);
        hub.Hub.Shedder.BeginDrain(TimeSpan.FromSeconds(1));
        Assert.That(hub.Hub.Shedder.TryShed(50, TimeSpan.Zero, out _), Is.False);
        Advance(hub, subscriptions, TimeSpan.FromSeconds(1));

        Assert.That(subscriptions.Select(subscription => subscription.Ending), Is.All.EqualTo(StreamEnding.Shed));
    }

    [Test]
    public void Later_shed_replaces_one_under_way()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1 });
        var subscriptions = Enumerable.Range(0, 20).Select(_ => hub.SubscribeLive("a")).ToList();

        hub.Hub.Shedder.TryShed(100, TimeSpan.FromSeconds(300), out _);
        Advance(hub, subscriptions, TimeSpan.FromSeconds(1));
        Assert.That(hub.Hub.Streams, Is.EqualTo(19));
        hub.Hub.Shedder.TryShed(1, TimeSpan.Zero, out var streams);
        Advance(hub, subscriptions, TimeSpan.FromSeconds(300));

        Assert.That((streams, hub.Hub.Streams), Is.EqualTo((0, 19)));
    }

    private static ShedPlan Of(long period)
        => new() { Begin = 7, PeriodMilliseconds = period, MeanRetry = TimeSpan.FromSeconds(3), Stretch = TimeSpan.Zero, Parts = [] };

    private static void Advance(TestHub hub, List<RecordingSubscription> subscriptions, TimeSpan time)
    {
        hub.Time.Advance(time);
        foreach (var subscription in subscriptions.DistinctBy(subscription => subscription.Inbox)) TestHub.Settle(subscription);
    }
}
