using System.Text.RegularExpressions;
using FsCheck.Fluent;
using SseServer.Protocol.Tests.Support;
using SseServer.Protocol.Topics;

namespace SseServer.Protocol.Tests.Properties;

/// <summary>Patterns against a definition by enumeration: all topics of a few segments over a small alphabet.</summary>
public class TopicProperties
{
    private const int PatternSegments = 3;

    // A letter that no pattern names stands for all others, and one segment more than any pattern has for all longer topics.
    private static readonly string[] Topics = [.. NamesOf(["a", "b", "$s", "other"], PatternSegments + 1)];

    private static readonly string[] Patterns =
    [
        .. NamesOf(["a", "b", "$s", "*"], PatternSegments),
        .. NamesOf(["a", "b", "$s", "*"], PatternSegments - 1).Select(name => name + "/**"),
        "**",
    ];

    [Test]
    public void A_pattern_matches_what_its_definition_says()
    {
        foreach (string pattern in Patterns)
        {
            string expression = string.Join('/', pattern.Split('/').Select(segment => segment switch
            {
                "*" => "[^/]+",
                "**" => ".+",
                _ => Regex.Escape(segment),
            }));
            var definition = new Regex($"^{(pattern[0] == '*' ? "(?!\\$)" : "")}{expression}$");
            TopicPattern parsed = Parse(pattern);
            Assert.That(Topics.Where(topic => parsed.Matches(topic.ToUtf8())),
                Is.EqualTo(Topics.Where(topic => definition.IsMatch(topic))), pattern);
        }
    }

    [Test]
    public void A_pattern_covers_a_selector_exactly_where_it_matches_all_of_its_topics()
    {
        Dictionary<string, HashSet<string>> matched = Patterns.ToDictionary(
            pattern => pattern,
            pattern => Topics.Where(topic => Parse(pattern).Matches(topic.ToUtf8())).ToHashSet());
        foreach (string pattern in Patterns)
        {
            TopicPattern parsed = Parse(pattern);
            foreach (string selector in Patterns)
            {
                bool covers = matched[selector].IsSubsetOf(matched[pattern]);
                Assert.That(parsed.Covers(selector.ToUtf8()), Is.EqualTo(covers), $"{pattern} over {selector}");
            }
        }
    }

    [Test]
    public void No_topic_has_an_empty_or_relative_segment_a_star_or_a_control() => Law.Holds(
        Gen.Elements("a", "/", ".", "..", "*", "**", "$", " ", "é", "\n", "\0", "\u200B", "\u202E").ArrayOf().Select(string.Concat),
        text =>
        {
            bool isName = TopicName.TryCreate(text.ToUtf8(), out _, out string? problem);
            bool isPlain = text.Split('/').All(segment => segment is not ("" or "." or ".."))
                && text.AsSpan().IndexOfAny("*\n\0\u200B\u202E") < 0;
            return isName == isPlain && isName == (problem is null);
        });

    private static TopicPattern Parse(string pattern) =>
        TopicPattern.TryCreate(pattern.ToUtf8(), out TopicPattern? parsed, out string? problem)
            ? parsed!
            : throw new InvalidOperationException(problem);

    private static IEnumerable<string> NamesOf(string[] segments, int most)
    {
        IEnumerable<string> longest = segments;
        for (int count = 1; count <= most; count++)
        {
            foreach (string name in longest)
                yield return name;
            longest = longest.SelectMany(name => segments.Select(segment => $"{name}/{segment}"));
        }
    }
}
