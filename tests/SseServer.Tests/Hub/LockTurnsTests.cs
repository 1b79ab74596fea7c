using SseServer.Catalog;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hub;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LockTurnsTests
{
    [Test]
    public void Background_work_that_gives_way_finds_that_a_waiter_had_the_lock()
    {
        var gate = new Lock();
        var turns = new LockTurns(gate);
        for (var round = 0; round < 20; round++)
        {
            var hadIt = 0;
            Thread waiter;
            lock (gate)
            {
                waiter = new Thread(() =>
                {
                    using (turns.Enter()) Volatile.Write(ref hadIt, 1);
                });
                waiter.Start();
                Eventually.True(() => turns.IsWaitedFor);
            }

            turns.GiveWay(TimeSpan.FromSeconds(20));

            lock (gate) Assert.That(Volatile.Read(ref hadIt), Is.EqualTo(1));
            waiter.Join();
        }
    }

    [Test]
    public void Background_work_goes_on_where_nobody_waits()
    {
        var gate = new Lock();
        var turns = new LockTurns(gate);
        using (turns.Enter()) Assert.That(gate.IsHeldByCurrentThread, Is.True);
        Assert.That(gate.IsHeldByCurrentThread, Is.False);
        turns.GiveWay(Timeout.InfiniteTimeSpan);
    }
}
