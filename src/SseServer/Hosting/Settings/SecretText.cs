namespace SseServer.Hosting.Settings;

/// <summary>
/// Shortens texts that may be secrets in the wrong place, as in <c>--Auth:PublishKeys:SECRET ci</c>, where name and key are swapped. Only
/// the beginning of a text is shown if it is long enough to be a key (<see cref="MinLength"/>). Pure.
/// </summary>
internal static class SecretText
{
    /// <summary>
    /// Fewest characters of a key if other machines can try keys: 64 bits, as <c>openssl rand -hex 8</c> prints them.
    /// </summary>
    public const int MinLength = 16;

    private const int ShownLength = 3;

    /// <summary>The text, or its beginning if it is long enough to be a key.</summary>
    public static string Shown(string text) => text.Length < MinLength ? text : text[..ShownLength] + "...";

    /// <summary>The key of a setting, with the user's own names in it shortened by <see cref="Shown"/>.</summary>
    public static string ShownKey(string key)
    {
        var segments = key.Split(':');
        for (var i = 1; i < segments.Length; i++)
            if (IsBeforeName(segments[i - 1])) segments[i] = Shown(segments[i]);

        return string.Join(':', segments);
    }

    /// <summary>A key that is not a setting, with every part that is not a word of a setting's key shortened.</summary>
    public static string ShownKey(string key, IEnumerable<string> settings)
    {
        var words = settings.SelectMany(setting => setting.Split(':')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return string.Join(':', key.Split(':').Select(segment => words.Contains(segment) ? segment : Shown(segment)));
    }

    private static bool IsBeforeName(string segment)
        => segment.Equals("PublishKeys", StringComparison.OrdinalIgnoreCase) || segment.Equals("Keys", StringComparison.OrdinalIgnoreCase);
}
