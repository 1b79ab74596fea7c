namespace SseServer.Hosting.Settings;

/// <summary>
/// What of a text is shown that may be a secret in the wrong place: <c>--Auth:PublishKeys:SECRET ci</c> has name and key the wrong way
/// round. As long as a key has to be at least (<see cref="MinLength"/>), a text is shown by its beginning only; what is shorter is no key
/// that a server for others takes. Pure.
/// </summary>
internal static class SecretText
{
    /// <summary>
    /// Characters that a key has at least where others than this machine's programs may try keys: 64 bits of what <c>openssl rand -hex
    /// 8</c> prints.
    /// </summary>
    public const int MinLength = 16;

    private const int ShownLength = 3;

    /// <summary>The text, or the beginning of one that is long enough for a key.</summary>
    public static string Shown(string text) => text.Length < MinLength ? text : text[..ShownLength] + "...";

    /// <summary>A setting's key with the names in it that are the user's own shown so.</summary>
    public static string ShownKey(string key)
    {
        var segments = key.Split(':');
        for (var i = 1; i < segments.Length; i++)
            if (IsBeforeName(segments[i - 1])) segments[i] = Shown(segments[i]);
        return string.Join(':', segments);
    }

    /// <summary>A key that is no setting's, with what is nobody's word for anything shown so.</summary>
    public static string ShownKey(string key, IEnumerable<string> settings)
    {
        var words = settings.SelectMany(setting => setting.Split(':')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return string.Join(':', key.Split(':').Select(segment => words.Contains(segment) ? segment : Shown(segment)));
    }

    private static bool IsBeforeName(string segment)
        => segment.Equals("PublishKeys", StringComparison.OrdinalIgnoreCase) || segment.Equals("Keys", StringComparison.OrdinalIgnoreCase);
}
