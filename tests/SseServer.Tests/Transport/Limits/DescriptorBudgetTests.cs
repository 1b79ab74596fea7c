using SseServer.Transport.Limits;

namespace SseServer.Tests.Transport.Limits;

public sealed class DescriptorBudgetTests
{
    [TestCase(0, 1024, 100, 796)]
    [TestCase(500, 1024, 100, 500)]
    [TestCase(5000, 1024, 100, 796)]
    [TestCase(0, 128, 100, 1)]
    public void Descriptors_bound_connections(int wanted, int limit, int open, int bound) =>
        Assert.That(DescriptorBudget.Bound(wanted, limit, open), Is.EqualTo(bound));

    [TestCase(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        + "Max processes             123                  123                  processes \n"
        + "Max open files            20000                1048576              files     \n", 20000)]
    [TestCase("Max open files            unlimited            unlimited            files     \n", 0)]
    [TestCase("Max open files            1073741816           1073741816           files     \n", 1073741816)]
    [TestCase("", 0)]
    public void Limit_is_the_soft_one(string text, int limit) => Assert.That(DescriptorBudget.Parse(text), Is.EqualTo(limit));

    [Test]
    [Platform("Linux")]
    public void This_process_has_room_for_some() => Assert.That(DescriptorBudget.Bound(0), Is.GreaterThan(100));
}
