using SseServer.Catalog;
using SseServer.Tests.Support;

namespace SseServer.Tests.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CatalogLockTests
{
    [Test]
    public void Background_work_that_gives_way_finds_that_a_waiter_had_the_lock()
    {
        var gate = new CatalogLock();
        for (var round = 0; round < 20; round++)
        {
            var hadIt = 0;
            Thread waiter;
            using (gate.EnterInBackground())
            {
                waiter = new Thread(() =>
                {
                    using (gate.Enter()) Volatile.Write(ref hadIt, 1);
                });
                waiter.Start();
                Eventually.True(() => gate.IsWaitedFor);
            }

            gate.GiveWay(TimeSpan.FromSeconds(20));

            using (gate.EnterInBackground()) Assert.That(Volatile.Read(ref hadIt), Is.EqualTo(1));
            waiter.Join();
        }
    }

    [Test]
    public void Background_work_continues_if_nobody_waits()
    {
        var gate = new CatalogLock();
        using (gate.Enter()) Assert.That(gate.IsHeld, Is.True);
        Assert.That(gate.IsHeld, Is.False);
        gate.GiveWay(Timeout.InfiniteTimeSpan);
    }
}
