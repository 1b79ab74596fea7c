using System.Diagnostics.CodeAnalysis;
using System.Text;
using SseServer.Protocol.Topics;

namespace SseServer.Auth;

/// <summary>
/// A list of topic patterns, as in a grant or in the protected topics. A plain topic name is a pattern that matches itself. Immutable.
/// </summary>
internal sealed class TopicPatterns
{
    public static readonly TopicPatterns None = new([]);

    /// <summary>Every topic except the server's own, whose names begin with <c>$</c>.</summary>
    public static readonly TopicPatterns Everything = Parse("**");

    private readonly TopicPattern[] _patterns;

    private TopicPatterns(TopicPattern[] patterns) => _patterns = patterns;

    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>
    /// Parses patterns; false if one of <paramref name="texts"/> is not a pattern, with a sentence that says why and the text in question.
    /// </summary>
    public static bool TryCreate(
        IReadOnlyList<string> texts,
        [NotNullWhen(true)] out TopicPatterns? patterns,
        [NotNullWhen(false)] out string? problem,
        out string? offender)
    {
        (patterns, problem, offender) = (null, null, null);
        var created = new TopicPattern[texts.Count];
        for (var i = 0; i < created.Length; i++)
        {
            if (TopicPattern.TryCreate(Encoding.UTF8.GetBytes(texts[i]), out var pattern, out problem))
            {
                created[i] = pattern!;
                continue;
            }

            problem ??= "The text is not a topic pattern.";
            offender = texts[i];
            return false;
        }

        patterns = new(created);
        return true;
    }

    /// <summary>Returns the patterns of texts that are known to be valid.</summary>
    /// <exception cref="ArgumentException">One of them is not a pattern.</exception>
    public static TopicPatterns Parse(params string[] texts)
        => TryCreate(texts, out var patterns, out var problem, out _) ? patterns : throw new ArgumentException(problem, nameof(texts));

    /// <summary>
    /// Returns whether one of the patterns matches every topic that <paramref name="selector"/>, a valid topic name or pattern, matches.
    /// </summary>
    public bool Cover(ReadOnlySpan<byte> selector)
    {
        foreach (var pattern in _patterns)
            if (pattern.Covers(selector)) return true;
        return false;
    }

    /// <summary>Returns whether one of the patterns and <paramref name="selector"/> have a topic in common.</summary>
    public bool Overlap(ReadOnlySpan<byte> selector)
    {
        foreach (var pattern in _patterns)
            if (pattern.Overlaps(selector)) return true;
        return false;
    }
}
