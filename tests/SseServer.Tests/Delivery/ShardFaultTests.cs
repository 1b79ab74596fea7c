using SseServer.Delivery;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Delivery;

/// <summary>A bug costs the stream in which it occurs; the shard continues.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ShardFaultTests
{
    [TestCase(1)]
    [TestCase(3)]
    public void A_pass_that_runs_out_of_memory_on_a_publishers_thread_leaves_the_shard_to_others(int subscribers)
    {
        using var hub = new TestHub();
        var others = Enumerable.Range(0, subscribers - 1).Select(_ => hub.SubscribeLive("t")).ToList();
        var unlucky = hub.SubscribeLive("t");
        // On the shard's own thread it would end the process.
        var publisher = Environment.CurrentManagedThreadId;
        var failures = 0;
        unlucky.Sending = () =>
        {
            if (Environment.CurrentManagedThreadId != publisher || Interlocked.Exchange(ref failures, 1) != 0) return;
            throw new InsufficientMemoryException("Played.");
        };

        var published = 0;
        for (; published < 10_000 && Volatile.Read(ref failures) == 0; published++)
        {
            try
            {
                hub.Publish("t", $"{published}");
                TestHub.Settle(unlucky);
            }
            catch (OutOfMemoryException)
            {
                // The publisher's own.
            }
        }

        Assert.That(failures, Is.EqualTo(1), "No publisher served the subscriber.");
        hub.Publish("t", "more");
        var late = hub.Subscribe(ResumePoint.Oldest, "t");

        unlucky.WaitForEnd(StreamEnding.Broken);
        string[] all = [.. Enumerable.Range(0, published).Select(i => $"{i}"), "more"];
        foreach (var subscriber in others.Append(late)) subscriber.WaitForData(all);
    }

    [Test]
    public void A_handler_of_faults_that_fails_itself_does_not_stop_the_shard()
    {
        using var hub = new TestHub { ExpectsFaults = true };
        hub.Hub.Faulted += _ => throw new InvalidOperationException("The log's own mistake.");
        var other = hub.SubscribeLive("t");
        var unlucky = hub.SubscribeLive("t");
        unlucky.Sending = () => throw new InvalidOperationException("A mistake of ours.");

        hub.Publish("t", "one");
        unlucky.WaitForEnd(StreamEnding.Broken);
        hub.Publish("t", "two");

        other.WaitForData("one", "two");
        Assert.That(hub.Faults, Is.Not.Empty);
    }
}
