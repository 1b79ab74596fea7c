using System.Text;
using SseServer.Catalog;

namespace SseServer.Tests.Catalog;

[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SelectorTests
{
    [TestCase("orders/42", false)]
    [TestCase("orders/*", true)]
    [TestCase("**", true)]
    public void A_selector_with_an_asterisk_is_a_pattern(string text, bool isPattern)
    {
        Assert.That(Selector.TryCreate(Encoding.UTF8.GetBytes(text), out var selector, out _), Is.True);
        Assert.That(selector.Pattern is not null, Is.EqualTo(isPattern));
    }
}
