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

    [TestCase("a", "a", true)]
    [TestCase("a", "b", false)]
    [TestCase("a", "A", false)]
    [TestCase("*/b", "a/*", true)]
    [TestCase("a/*", "*", false)]
    [TestCase("a/**", "*/b/c", true)]
    [TestCase("a/**", "**", true)]
    [TestCase("a/**", "a", false)]
    [TestCase("secret/**", "*/*/x", true)]
    [TestCase("**", "$sys/**", false)]
    [TestCase("*/a", "$sys/a", false)]
    [TestCase("$sys/*", "$sys/**", true)]
    public void A_pattern_overlaps_a_selector_where_a_topic_belongs_to_both(string pattern, string selector, bool expected)
    {
        Assert.That(Create(pattern).Overlaps(Encoding.UTF8.GetBytes(selector)), Is.EqualTo(expected));
        Assert.That(Create(selector).Overlaps(Encoding.UTF8.GetBytes(pattern)), Is.EqualTo(expected), "the other way round");
    }

    // Every pattern of up to three segments against every other, checked by every topic of up to four: enough to have a rest of more than
    // one segment behind each '**'.
    [Test]
    public void Covering_and_overlapping_are_what_matching_every_topic_says()
    {
        var topics = Paths(4, ["a", "b", "$c"], []).Select(Encoding.UTF8.GetBytes).ToArray();
        var patterns = Paths(3, ["a", "$c", "*"], ["**"]).Select(Create).ToArray();
        var matches = Array.ConvertAll(patterns, pattern => topics.Select(topic => pattern.Matches(topic)).ToArray());
        for (var left = 0; left < patterns.Length; left++)
        {
            for (var right = 0; right < patterns.Length; right++)
            {
                var pairs = matches[left].Zip(matches[right]).ToArray();
                var text = Encoding.UTF8.GetString(patterns[left].Utf8) + " and " + Encoding.UTF8.GetString(patterns[right].Utf8);
                Assert.That(patterns[left].Overlaps(patterns[right].Utf8), Is.EqualTo(pairs.Any(pair => pair is (true, true))), text);
                Assert.That(patterns[left].Covers(patterns[right].Utf8), Is.EqualTo(!pairs.Any(pair => pair is (false, true))), text);
            }
        }
    }

    private static IEnumerable<string> Paths(int segments, string[] names, string[] lastNames)
    {
        foreach (var name in names.Concat(lastNames)) yield return name;
        if (segments == 1) yield break;
        foreach (var rest in Paths(segments - 1, names, lastNames))
            foreach (var name in names) yield return name + "/" + rest;
    }

    private static TopicPattern Create(string text)
    {
        Assert.That(TopicPattern.TryCreate(Encoding.UTF8.GetBytes(text), out var pattern, out var problem), Is.True, problem);
        return pattern!;
    }
}
