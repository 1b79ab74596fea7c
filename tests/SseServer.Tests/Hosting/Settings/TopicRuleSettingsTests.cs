using Microsoft.Extensions.Configuration;
using SseServer.Catalog;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class TopicRuleSettingsTests
{
    [Test]
    public void There_are_none_unless_some_are_set()
    {
        var options = Read([], out var errors);

        Assert.That((options.Rules.Count, options.Durability), Is.EqualTo((0, Durability.Sync)));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void What_a_rule_does_not_say_is_as_for_topics_in_general()
    {
        var options = Read(
            new()
            {
                ["Retention:MaxEvents"] = "500",
                ["History:Durability"] = "async",
                ["Topics:Rules:0:Pattern"] = "orders/**",
                ["Topics:Rules:0:MaxAge"] = "30d",
                ["Topics:Rules:0:Durability"] = "sync",
                ["Topics:Rules:1:Pattern"] = "news",
                ["Topics:Rules:1:MaxBytes"] = "1GB",
            },
            out var errors);

        Assert.That(errors, Is.Empty);
        var general = options.Retention;
        Assert.That(options.RuleOf("orders/4/2"u8), Is.EqualTo((general with { MaxAge = TimeSpan.FromDays(30) }, Durability.Sync)));
        Assert.That(options.RuleOf("news"u8), Is.EqualTo((general with { MaxBytes = 1L << 30 }, Durability.Async)));
        Assert.That(options.RuleOf("news/local"u8), Is.EqualTo((general, Durability.Async)));
    }

    [Test]
    public void Rules_are_taken_in_the_order_of_their_numbers()
    {
        var values = Enumerable.Range(0, 12).ToDictionary(i => $"Topics:Rules:{i}:Pattern", i => (string?)$"topic/{i}");

        var options = Read(values, out _);

        Assert.That(options.Rules.Select(rule => System.Text.Encoding.UTF8.GetString(rule.Topics.Text)),
            Is.EqualTo(Enumerable.Range(0, 12).Select(i => $"topic/{i}")));
    }

    [TestCase("Topics:Rules:0:MaxAge", "5x", "Topics:Rules:0:MaxAge: '5x' is not a duration;")]
    [TestCase("Topics:Rules:0:MaxEvents", "0", "Topics:Rules:0:MaxEvents: '0' is out of range;")]
    [TestCase("Topics:Rules:0:Durability", "maybe", "Topics:Rules:0:Durability: 'maybe' is not valid; it must be one of sync, async.")]
    [TestCase("Topics:Rules:0:Pattern", "a/**/b",
        "Topics:Rules:0:Pattern: 'a/**/b' is not a topic or a pattern, such as orders/**: "
        + "A '**' is allowed only as the last segment of a pattern")]
    [TestCase("Topics:Rules:0:Pattern", "", "Topics:Rules:0:Pattern is missing;")]
    [TestCase("Topics:Rules:0:MaxAgee", "5s", "Topics:Rules:0:MaxAgee is not a setting; did you mean Topics:Rules:0:MaxAge?")]
    [TestCase("Topics:Rules", "orders/**", "Topics:Rules is a single text;")]
    [TestCase("History:Durability", "soon", "History:Durability: 'soon' is not valid; it must be one of sync, async.")]
    public void What_is_wrong_is_named_with_its_key(string key, string value, string sentence)
    {
        Read(new() { ["Topics:Rules:0:Pattern"] = "orders/**", [key] = value }, out var errors);

        Assert.That(errors, Has.Some.StartsWith(sentence));
    }

    private static HubOptions Read(Dictionary<string, string?> values, out IReadOnlyList<string> errors)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var options = HubSettings.Read(reader);
        errors = [.. reader.Errors, .. reader.UnknownKeys()];
        return options;
    }
}
