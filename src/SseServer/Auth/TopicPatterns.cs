using System.Diagnostics.CodeAnalysis;
using System.Text;
using SseServer.Protocol.Topics;

namespace SseServer.Auth;

/// <summary>Some topic patterns, as a grant or a protection lists them. A topic's plain name is a pattern that stands for itself. Immutable.</summary>
internal sealed class TopicPatterns
{
    public static readonly TopicPatterns None = new([]);

    /// <summary>Every topic but the server's own, whose names begin with <c>$</c>.</summary>
    public static readonly TopicPatterns Everything = Parse("**");

    private readonly TopicPattern[] _patterns;

    private TopicPatterns(TopicPattern[] patterns) => _patterns = patterns;

    public bool IsEmpty => _patterns.Length == 0;

    /// <summary>False with a sentence that says what to mend, and the text it speaks of, where one of <paramref name="texts"/> is no pattern.</summary>
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

    /// <summary>The patterns of texts that are known to be some.</summary>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public static TopicPatterns Parse(params string[] texts)
        => TryCreate(texts, out var patterns, out var problem, out _) ? patterns : throw new ArgumentException(problem, nameof(texts));

    /// <summary>Whether one of the patterns stands for every topic that <paramref name="selector"/>, a valid topic name or pattern, stands for.</summary>
    public bool Cover(ReadOnlySpan<byte> selector)
    {
        foreach (var pattern in _patterns)
            if (pattern.Covers(selector)) return true;
        return false;
    }

    /// <summary>Whether one of the patterns and <paramref name="selector"/> have a topic in common.</summary>
    public bool Overlap(ReadOnlySpan<byte> selector)
    {
        foreach (var pattern in _patterns)
            if (pattern.Overlaps(selector)) return true;
        return false;
    }
}
