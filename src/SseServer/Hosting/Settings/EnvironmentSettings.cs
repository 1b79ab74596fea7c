namespace SseServer.Hosting.Settings;

/// <summary>
/// Settings in environment variables: <c>SSE_Section__Key</c>. A variable without a double underscore is not a setting, because
/// Kubernetes gives every pod in the namespace of a service named <c>sse</c> variables such as <c>SSE_PORT_8080_TCP</c>.
/// </summary>
internal static class EnvironmentSettings
{
    /// <summary>The prefix of our variables, in any case.</summary>
    public const string Prefix = "SSE_";

    /// <summary>The settings among <paramref name="variables"/>, with colons in their keys.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Select(IEnumerable<KeyValuePair<string, string?>> variables)
    {
        foreach (var (name, value) in variables)
            if (IsOurs(name) && name.Contains("__", StringComparison.Ordinal))
                yield return new(name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), value);
    }

    /// <summary>
    /// A sentence for each variable that is a misspelled setting: with single underscores, colons, dots or hyphens instead of two
    /// underscores, or a key without its section or its last part. If it were ignored, the server would start without a key that it
    /// was given.
    /// </summary>
    public static IEnumerable<string> Mistaken(
        IEnumerable<KeyValuePair<string, string?>> variables, IReadOnlyCollection<SettingDescriptor> settings)
    {
        foreach (var (name, _) in variables)
        {
            if (!LooksLikeOurs(name) || (IsOurs(name) && name.Contains("__", StringComparison.Ordinal))) continue;
            var written = name[Prefix.Length..];
            if ((FindMeant(written, settings) ?? FindMeant(WithUnderscores(written), settings)) is { } key)
            {
                var right = Prefix + key.Replace(":", "__", StringComparison.Ordinal);
                yield return $"The environment variable {name} is not a setting; write {right}, with two underscores.";
            }
        }
    }

    private static string? FindMeant(string name, IReadOnlyCollection<SettingDescriptor> settings)
        => SettingSpelling.Find(name, settings) ?? LogVariable.Find(name) ?? SettingSpelling.FindKey(name, settings);

    // The user's own names may contain these characters, so a name is first looked up as it is written.
    private static string WithUnderscores(string name) => name.Replace(':', '_').Replace('.', '_').Replace('-', '_');

    private static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    private static bool LooksLikeOurs(string name) => name.Length > Prefix.Length && IsOurs(WithUnderscores(name[..Prefix.Length]));
}
