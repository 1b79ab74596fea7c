using SseServer.Hosting;
using SseServer.Hub;

namespace SseServer.Tests.Limits;

public sealed class MemoryPolicyTests
{
    private const MemoryPressure None = MemoryPressure.None;
    private const MemoryPressure Short = MemoryPressure.ShortHistory;
    private const MemoryPressure Full = MemoryPressure.Full;

    // The limit is 800, the maximum of history 1600, the minimum 100.
    [TestCase(None, 1600, 699, 900, None, 1600)]
    [TestCase(None, 1600, 799, 900, None, 1600, Description = "close to the limit, nothing has begun")]
    [TestCase(None, 1600, 800, 900, Short, 675, Description = "a quarter of what there is goes")]
    [TestCase(Short, 675, 900, 675, Short, 504, Description = "and a quarter again")]
    [TestCase(None, 1600, 1300, 900, Short, 400, Description = "or all that is too much")]
    [TestCase(Short, 120, 900, 120, Short, 100, Description = "down to the least")]
    [TestCase(Short, 100, 900, 100, Full, 100, Description = "then newcomers are refused")]
    [TestCase(None, 1600, 900, 0, Short, 100, Description = "no history to shed")]
    [TestCase(Full, 100, 799, 100, Short, 100, Description = "newcomers come again as soon as there is room")]
    [TestCase(Short, 675, 750, 500, Short, 675, Description = "below the limit nothing more is shed")]
    [TestCase(Short, 675, 699, 500, None, 775, Description = "an eighth below it the bound grows again")]
    [TestCase(None, 775, 699, 775, None, 875)]
    [TestCase(None, 1550, 699, 775, None, 1600, Description = "to what is set")]
    [TestCase(Full, 100, 699, 100, None, 200)]
    public void Next_state_follows_from_a_reading(object level, long bound, long used, long history, object nextLevel, long nextBound)
    {
        var next = MemoryPolicy.Next(new((MemoryPressure)level, bound), used, 800, history, 1600);
        Assert.That(next, Is.EqualTo(new MemoryPolicy.State((MemoryPressure)nextLevel, nextBound)));
    }
}
