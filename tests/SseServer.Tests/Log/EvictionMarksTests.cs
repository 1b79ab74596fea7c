using SseServer.Log;
using SseServer.Protocol.EventStream;

namespace SseServer.Tests.Log;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class EvictionMarksTests
{
    [Test]
    public void The_furthest_eviction_after_a_known_one_is_found()
    {
        var random = new Random(5);
        var marks = new EvictionMarks();
        var all = new List<long>();
        for (var number = 1; number <= 200; number++)
        {
            all.Add(random.Next(1000));
            marks.Add(number, new EventId(all[^1]));
            for (var known = 0; known <= number; known++)
                Assert.That(marks.HighestAfter(known).Value, Is.EqualTo(all.Skip(known).DefaultIfEmpty(0).Max()));
        }
    }
}
