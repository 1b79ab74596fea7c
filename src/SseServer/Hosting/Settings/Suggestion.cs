namespace SseServer.Hosting.Settings;

/// <summary>Finds what a user probably meant to write.</summary>
internal static class Suggestion
{
    /// <summary>
    /// The candidate nearest to <paramref name="written"/> by edit distance, ignoring case. A candidate that is
    /// <paramref name="written"/> below its section counts as near. Null if no candidate is near.
    /// </summary>
    public static string? For(string written, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = Math.Max(2, written.Length / 4) + 1;
        foreach (var candidate in candidates)
        {
            var distance = candidate.EndsWith(':' + written, StringComparison.OrdinalIgnoreCase)
                ? 1
                : Distance(written, candidate);
            if (distance < bestDistance) (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    /// <summary>The number of letters to insert, delete or change (Levenshtein) to turn one text into the other.</summary>
    public static int Distance(string left, string right)
    {
        var previous = new int[right.Length + 1];
        var current = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++) previous[j] = j;

        for (var i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]);
                var change = previous[j - 1] + (same ? 0 : 1);
                current[j] = Math.Min(change, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[right.Length];
    }
}
