namespace SseServer.Hosting.Settings;

/// <summary>
/// Finds the setting that a variable with single underscores means. <c>Auth_PublishKeys_ci</c>, <c>AUTH_PUBLISH_KEYS_CI</c> and
/// <c>Auth_PublishKey_ci</c> all mean <c>Auth:PublishKeys:ci</c>: underscores may separate sections and the words of a name, and a name
/// may have one wrong letter.
/// </summary>
internal static class SettingSpelling
{
    // In a shorter name, one letter makes another word, as in Port and Path.
    private const int LengthForSlips = 6;

    /// <summary>
    /// The key that <paramref name="name"/> means, with the user's own names in it; null if it means no setting.
    /// </summary>
    /// <param name="name">The variable without its prefix.</param>
    /// <param name="settings">
    /// Every setting. The placeholder for a name of the user's own is in capitals (<c>Auth:Keys:NAME:Secret</c>) or a number.
    /// </param>
    public static string? Find(string name, IEnumerable<SettingDescriptor> settings)
    {
        var words = name.Split('_');
        // An exact match is meant as written, even if a similar setting comes first.
        return Find(words, settings, maySlip: false) ?? Find(words, settings, maySlip: true);
    }

    /// <summary>
    /// The key of a credential that <paramref name="name"/> means, without its <c>Auth</c> or its <c>Secret</c> (<c>PUBLISHKEYS_CI</c>,
    /// <c>AUTH_KEYS_CI</c>); null for any other name.
    /// </summary>
    /// <param name="name">The variable without its prefix.</param>
    /// <param name="settings">As above.</param>
    public static string? FindKey(string name, IReadOnlyCollection<SettingDescriptor> settings)
    {
        foreach (var complete in new[] { $"Auth_{name}", $"{name}_Secret" })
        {
            if (Find(complete.Split('_'), settings, maySlip: false) is { } key && IsCredential(key)) return key;
        }

        return null;
    }

    private static bool IsCredential(string key)
        => key.StartsWith("Auth:PublishKeys:", StringComparison.Ordinal)
            || (key.EndsWith(":Secret", StringComparison.Ordinal)
                && (key.StartsWith("Auth:Keys:", StringComparison.Ordinal) || key.StartsWith("Auth:Jwt:Keys:", StringComparison.Ordinal)));

    private static string? Find(string[] words, IEnumerable<SettingDescriptor> settings, bool maySlip)
    {
        foreach (var setting in settings)
        {
            var segments = setting.Key.Split(':');
            // The items of a list may be set one by one, below its own key, and a map needs a name.
            if (setting.Kind == SettingKind.List && Match(words, [.. segments, "0"], maySlip) is { } item) return item;
            if (setting.Kind == SettingKind.Map && Match(words, [.. segments, "NAME"], maySlip) is { } named) return named;
            if (Match(words, segments, maySlip) is { } key) return setting.Kind == SettingKind.Map ? $"{key}:NAME" : key;
        }

        return null;
    }

    private static string? Match(ReadOnlySpan<string> words, ReadOnlySpan<string> segments, bool maySlip)
    {
        if (segments.IsEmpty) return words.IsEmpty ? "" : null;
        for (var count = 1; count <= words.Length; count++)
        {
            if (Read(segments[0], words[..count], maySlip) is { } segment && Match(words[count..], segments[1..], maySlip) is { } rest)
                return rest.Length == 0 ? segment : $"{segment}:{rest}";
        }

        return null;
    }

    private static string? Read(string segment, ReadOnlySpan<string> words, bool maySlip)
    {
        if (segment == "0") return words.Length == 1 && uint.TryParse(words[0], out _) ? words[0] : null;
        if (!segment.AsSpan().ContainsAnyInRange('a', 'z')) return string.Join('_', words!) is { Length: > 0 } name ? name : null;
        var written = string.Concat(words!);
        var distance = Suggestion.Distance(written, segment);
        return distance == 0 || (maySlip && distance == 1 && segment.Length >= LengthForSlips) ? segment : null;
    }
}
