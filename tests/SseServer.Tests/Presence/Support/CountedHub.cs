using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Presence;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Presence.Support;

/// <summary>
/// A hub that publishes the subscriber counts of <c>chat/**</c>; subscribers join, leave and are counted on the test's thread.
/// </summary>
internal sealed class CountedHub : IDisposable
{
    public static readonly PresenceOptions Options = new() { Topics = [TestHub.Select("chat/**")] };

    private readonly List<SubscriberChange> _changes = [];

    public CountedHub(HubOptions? options = null, FakeTimeProvider? time = null, IEventStore? store = null)
    {
        options = SseServer.Hosting.Settings.PresenceSettings.Complete(options ?? HubOptions.Default with { Shards = 1 }, Options);
        Test = new TestHub(options, time, store);
        Counts = new SubscriberCounts(Test.Hub, Options, NullLogger.Instance);
    }

    public TestHub Test { get; }

    public SubscriberCounts Counts { get; }

    public Subscription Read(params string[] selectors)
    {
        var reader = new RecordingSubscription();
        Assert.That(Test.Hold(reader, ResumePoint.Head, selectors), Is.EqualTo(HubStatus.Ok));
        return reader;
    }

    public void Leave(params Subscription[] readers)
    {
        foreach (var reader in readers) Test.Hub.Catalog.Release(reader.Cursors.Select(cursor => cursor.Log));
    }

    public void Poll()
    {
        _changes.Clear();
        Test.Hub.TakeSubscriberChanges(_changes);
        Counts.RefreshAsync(_changes).AsTask().GetAwaiter().GetResult();
    }

    /// <summary>The counts published so far for a topic or a pattern, without the common parts.</summary>
    public string[] Told(string selector)
    {
        var name = Encoding.UTF8.GetBytes("$presence/" + selector);
        var reader = Test.Subscribe(ResumePoint.Oldest, "$presence/" + selector);
        if (Test.Hub.Catalog.Topics.Find(name) is { Count: var events }) reader.WaitForCount(events);
        TestHub.Settle(reader);
        return reader.Data;
    }

    /// <summary>The published numbers of a topic.</summary>
    public int[] Numbers(string topic)
        => [.. Told(topic).Select(data => System.Text.Json.JsonDocument.Parse(data).RootElement.GetProperty("subscribers").GetInt32())];

    public void Dispose() => Test.Dispose();
}
