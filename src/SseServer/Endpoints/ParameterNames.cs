namespace SseServer.Endpoints;

/// <summary>
/// The names of the query parameters that a request can have. Finds names that are almost one of them: ignoring such a parameter would
/// give its sender something else than was asked for, without a word. Immutable.
/// </summary>
internal sealed class ParameterNames(params string[] names)
{
    /// <summary>
    /// Returns the parameter that a name is most likely meant to be: one that differs only in case or separators
    /// (<c>Last-Event-ID</c>), or by one letter that is missing, added, changed, or swapped with the next one. Null if the name is right,
    /// or like none of them.
    /// </summary>
    public string? FindMeant(ReadOnlySpan<byte> name)
    {
        foreach (var known in names)
            if (Equals(name, known)) return null;
        // Longer names are not worth a look, and shorter ones are a cache buster's.
        if (name.Length is < 2 or > 32) return null;
        Span<char> plain = stackalloc char[name.Length];
        plain = plain[..Normalize(name, plain)];
        Span<char> other = stackalloc char[32];
        foreach (var known in names)
            if (IsNear(plain, other[..Normalize(known, other)])) return known;
        return null;
    }

    /// <summary>Returns what is wrong with a parameter whose name is almost one of these; null if nothing is.</summary>
    public string? CheckName(ReadOnlySpan<byte> name)
        => FindMeant(name) is { } meant ? $"A query parameter looks like a misspelling of {meant}=; write {meant}=." : null;

    private static bool Equals(ReadOnlySpan<byte> name, string known)
    {
        if (name.Length != known.Length) return false;
        for (var i = 0; i < known.Length; i++)
            if (name[i] != known[i]) return false;
        return true;
    }

    private static int Normalize(ReadOnlySpan<byte> name, Span<char> plain)
    {
        var length = 0;
        foreach (var letter in name)
            if (letter is not ((byte)'-' or (byte)'_' or (byte)'.')) plain[length++] = char.ToLowerInvariant((char)letter);
        return length;
    }

    private static int Normalize(string name, Span<char> plain)
    {
        var length = 0;
        foreach (var letter in name)
            if (letter != '_') plain[length++] = char.ToLowerInvariant(letter);
        return length;
    }

    // Whether the optimal string alignment distance is at most 1.
    private static bool IsNear(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var same = left.CommonPrefixLength(right);
        left = left[same..];
        right = right[same..];
        while (!left.IsEmpty && !right.IsEmpty && left[^1] == right[^1])
        {
            left = left[..^1];
            right = right[..^1];
        }

        if (left.Length <= 1 && right.Length <= 1) return true;
        return left.Length == 2 && right.Length == 2 && left[0] == right[1] && left[1] == right[0];
    }
}
