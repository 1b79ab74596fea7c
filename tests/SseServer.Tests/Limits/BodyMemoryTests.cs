using System.Net;
using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Limits;

/// <summary>The accounting of bodies' memory, without sockets.</summary>
public sealed class BodyMemoryTests
{
    private const int Kilobyte = 1024;

    private static readonly ClientKey Ann = Client("ann");
    private static readonly ClientKey Bob = Client("bob");

    [Test]
    public void Small_bodies_do_not_count()
    {
        var memory = new BodyMemory(8 * Kilobyte, 0, new FakeTimeProvider());
        var holds = Enumerable.Range(0, 100).Select(_ => new BodyHold()).ToList();
        foreach (var hold in holds) Assert.That(memory.TryHold(hold, Ann, BodyMemory.FreeBytes, null), Is.EqualTo(LimitKind.None));
        Assert.That(memory.HeldBytes, Is.Zero);
    }

    [Test]
    public void Bound_is_reached_exactly_and_what_is_given_back_can_be_had_again()
    {
        var memory = new BodyMemory(100 * Kilobyte, 0, new FakeTimeProvider());
        var (first, second) = (new BodyHold(), new BodyHold());
        Assert.That(memory.TryHold(first, Ann, 60 * Kilobyte, null), Is.EqualTo(LimitKind.None));
        Assert.That(memory.TryHold(second, Bob, 40 * Kilobyte, null), Is.EqualTo(LimitKind.None));
        Assert.That(memory.TryHold(second, Bob, 40 * Kilobyte + 1, null), Is.EqualTo(LimitKind.BodyMemory));
        Assert.That(memory.TryHold(second, Bob, 1, null), Is.EqualTo(LimitKind.BodyMemory), "its request is over");
        Assert.That(memory.HeldBytes, Is.EqualTo(60 * Kilobyte), "what was refused does not count");
        Assert.That(memory.TryHold(first, Ann, 100 * Kilobyte, null), Is.EqualTo(LimitKind.None));
        memory.Release(first);
        memory.Release(second);
        Assert.That(memory.HeldBytes, Is.Zero);
        Assert.That(memory.TryHold(second, Bob, 100 * Kilobyte, null), Is.EqualTo(LimitKind.None), "the hold is as new");
    }

    // Four batches that together need more than there is reach the bound within a moment of each other.
    [Test]
    public void Of_bodies_that_reach_the_bound_together_some_are_done()
    {
        var memory = new BodyMemory(100 * Kilobyte, 0, new FakeTimeProvider());
        var holds = Enumerable.Range(0, 4).Select(_ => new BodyHold()).ToList();
        var done = holds.ToDictionary(hold => hold, _ => true);
        for (var bytes = 5 * Kilobyte; bytes <= 60 * Kilobyte; bytes += 5 * Kilobyte)
            foreach (var hold in holds) done[hold] &= memory.TryHold(hold, Ann, bytes, null) == LimitKind.None;
        Assert.That(done.Values.Count(isDone => isDone), Is.EqualTo(1), "one of 60 KB fits");
        Assert.That(memory.HeldBytes, Is.EqualTo(60 * Kilobyte));
    }

    [Test]
    public void Client_has_a_bound_of_its_own()
    {
        var memory = new BodyMemory(100 * Kilobyte, 50 * Kilobyte, new FakeTimeProvider());
        var (first, second, third) = (new BodyHold(), new BodyHold(), new BodyHold());
        Assert.That(memory.TryHold(first, Ann, 30 * Kilobyte, null), Is.EqualTo(LimitKind.None));
        Assert.That(memory.TryHold(second, Ann, 30 * Kilobyte, null), Is.EqualTo(LimitKind.BodyMemoryPerClient));
        Assert.That(memory.TryHold(third, Bob, 30 * Kilobyte, null), Is.EqualTo(LimitKind.None));
        Assert.That(memory.TryHold(third, Bob, 51 * Kilobyte, null), Is.EqualTo(LimitKind.BodyMemoryPerClient));
        Assert.That(memory.MaxOfOne, Is.EqualTo(50 * Kilobyte));
    }

    [Test]
    public void Accounts_balance_after_any_sequence([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        const long max = 400 * Kilobyte, maxPerClient = 150 * Kilobyte;
        var memory = new BodyMemory(max, maxPerClient, new FakeTimeProvider());
        var holds = Enumerable.Range(0, 30).Select(i => (Hold: new BodyHold(), Owner: Client($"client {i % 5}"))).ToList();
        var model = new long[holds.Count];
        var refused = new LimitKind[holds.Count];
        for (var step = 0; step < 2000; step++)
        {
            var at = random.Next(holds.Count);
            var (hold, owner) = holds[at];
            var bytes = random.Next(4) == 0 ? 0 : random.Next(60 * Kilobyte);
            if (random.Next(5) == 0)
            {
                memory.Release(hold);
                (model[at], refused[at]) = (0, LimitKind.None);
            }
            else
            {
                var counted = bytes <= BodyMemory.FreeBytes ? 0 : bytes;
                var others = holds.Select((other, i) => i != at && other.Owner == owner ? model[i] : 0).Sum();
                var expected = refused[at] != LimitKind.None ? refused[at]
                    : counted <= model[at] ? LimitKind.None
                    : others + counted > maxPerClient ? LimitKind.BodyMemoryPerClient
                    : model.Sum() - model[at] + counted > max ? LimitKind.BodyMemory : LimitKind.None;
                Assert.That(memory.TryHold(hold, owner, bytes, null), Is.EqualTo(expected));
                (model[at], refused[at]) = (expected == LimitKind.None ? counted : 0, expected);
            }

            Assert.That(memory.HeldBytes, Is.EqualTo(model.Sum()));
        }

        foreach (var (hold, _) in holds) memory.Release(hold);
        Assert.That(memory.HeldBytes, Is.Zero);
    }

    private static ClientKey Client(string name) => ClientKey.Of(name, IPAddress.Loopback);

    // 384 MB is a heap in which the largest batch once did not fit.
    [TestCase(100, 32)]
    [TestCase(384, 48)]
    [TestCase(1024, 128)]
    [TestCase(64 * 1024, 256)]
    public void Default_is_an_eighth_of_memory_within_bounds(long memory, long expected)
        => Assert.That(LimitOptions.BodyMemoryWithin(memory << 20), Is.EqualTo(expected << 20));
}
