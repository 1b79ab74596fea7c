namespace SseServer.Hosting.Settings;

/// <summary>
/// Settings in environment variables: <c>SSE_Section__Key</c>. A variable without a double underscore is not a setting,
/// because Kubernetes gives every pod beside a service named <c>sse</c> variables such as <c>SSE_PORT_8080_TCP</c>.
/// </summary>
internal static class EnvironmentSettings
{
    /// <summary>How our variables begin, letters' case aside.</summary>
    public const string Prefix = "SSE_";

    /// <summary>The settings among <paramref name="variables"/>, with colons in their keys.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Select(IEnumerable<KeyValuePair<string, string?>> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (IsOurs(name) && name.Contains("__", StringComparison.Ordinal))
                yield return new(name[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), value);
        }
    }

    /// <summary>
    /// A sentence for each variable that would be a setting if it were spelled right: single underscores, colons, dots or hyphens in place
    /// of two underscores; a key without the section before it or the part behind it. To pass it over would start a server without the
    /// key that it was to have.
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
                yield return $"The environment variable {name} sets nothing; write {right}, with two underscores.";
            }
        }
    }

    private static string? FindMeant(string name, IReadOnlyCollection<SettingDescriptor> settings)
        => SettingSpelling.Find(name, settings) ?? LogVariable.Find(name) ?? SettingSpelling.FindKey(name, settings);

    // Names of the user's own may have these in them, so a name is looked up as it is written first.
    private static string WithUnderscores(string name) => name.Replace(':', '_').Replace('.', '_').Replace('-', '_');

    private static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);

    private static bool LooksLikeOurs(string name) => name.Length > Prefix.Length && IsOurs(WithUnderscores(name[..Prefix.Length]));
}
