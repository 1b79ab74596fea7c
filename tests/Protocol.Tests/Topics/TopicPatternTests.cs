using System.Text;
using SseServer.Protocol.Topics;

namespace SseServer.Protocol.Tests.Topics;

public class TopicPatternTests
{
    [TestCase("*", "a", true)]
    [TestCase("*", "a/b", false)]
    [TestCase("*", "$sys", false)]
    [TestCase("**", "a", true)]
    [TestCase("**", "a/b/c", true)]
    [TestCase("**", "$sys", false)]
    [TestCase("**", "$sys/a", false)]
    [TestCase("*/a", "$sys/a", false)]
    [TestCase("$sys/*", "$sys/a", true)]
    [TestCase("$sys/**", "$sys/a/b", true)]
    [TestCase("a/*", "a/$x", true)]
    [TestCase("orders/*", "orders/42", true)]
    [TestCase("orders/*", "orders", false)]
    [TestCase("orders/*", "orders/42/items", false)]
    [TestCase("orders/*", "order/42", false)]
    [TestCase("orders/**", "orders/42", true)]
    [TestCase("orders/**", "orders/42/items", true)]
    [TestCase("orders/**", "orders", false)]
    [TestCase("orders/**", "orders2/1", false)]
    [TestCase("orders/*/items", "orders/42/items", true)]
    [TestCase("orders/*/items", "orders/42/item", false)]
    [TestCase("orders/*/items", "orders/42", false)]
    [TestCase("orders/*/items", "orders/42/items/1", false)]
    [TestCase("*/*", "a/b", true)]
    [TestCase("*/**", "a", false)]
    [TestCase("*/**", "a/b/c", true)]
    public void Wildcards_stand_for_segments(string pattern, string topic, bool expected)
    {
        Assert.That(TopicPattern.TryCreate(Encoding.UTF8.GetBytes(pattern), out var created, out var problem), Is.True, problem);
        Assert.That(created!.Matches(Encoding.UTF8.GetBytes(topic)), Is.EqualTo(expected));
    }

    [TestCase("a*")]
    [TestCase("a/*b")]
    [TestCase("***")]
    [TestCase("**/a")]
    [TestCase("a/**/b")]
    [TestCase("**/**")]
    [TestCase("*/")]
    [TestCase("/*")]
    [TestCase("a//*")]
    [TestCase("../*")]
    [TestCase("a\n/*")]
    public void What_is_no_pattern_is_refused_with_a_reason(string text)
    {
        Assert.That(TopicPattern.TryCreate(Encoding.UTF8.GetBytes(text), out var pattern, out var problem), Is.False);
        Assert.That(pattern, Is.Null);
        Assert.That(problem, Is.Not.Empty);
    }

    [TestCase("**", "a/**", true)]
    [TestCase("**", "*", true)]
    [TestCase("**", "**", true)]
    [TestCase("**", "$sys", false)]
    [TestCase("**", "$sys/*", false)]
    [TestCase("*/**", "**", false)]
    [TestCase("*/**", "*/*", true)]
    [TestCase("*", "**", false)]
    [TestCase("*", "*", true)]
    [TestCase("a/*", "a/*", true)]
    [TestCase("a/*", "a/**", false)]
    [TestCase("a/**", "a/*", true)]
    [TestCase("a/**", "a/*/b", true)]
    [TestCase("a/**", "a/**", true)]
    [TestCase("a/**", "a", false)]
    [TestCase("a/**", "*/b", false)]
    [TestCase("a/**", "A/b", false)]
    [TestCase("a/b", "a/b", true)]
    [TestCase("a/b", "a/*", false)]
    [TestCase("a/*/c", "a/b/c", true)]
    [TestCase("a/*/c", "a/**", false)]
    [TestCase("$sys/**", "$sys/*", true)]
    public void A_pattern_covers_a_selector_that_it_contains_whole(string pattern, string selector, bool expected)
    {
        Assert.That(TopicPattern.TryCreate(Encoding.UTF8.GetBytes(pattern), out var created, out var problem), Is.True, problem);
        Assert.That(created!.Covers(Encoding.UTF8.GetBytes(selector)), Is.EqualTo(expected));
    }
}
