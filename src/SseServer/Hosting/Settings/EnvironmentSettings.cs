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
    /// A sentence for each variable that would be a setting if its single underscores were double. To pass it over would start a server
    /// without the key that it was to have.
    /// </summary>
    public static IEnumerable<string> Mistaken(
        IEnumerable<KeyValuePair<string, string?>> variables, IReadOnlyCollection<SettingDescriptor> settings)
    {
        foreach (var (name, _) in variables)
        {
            if (!IsOurs(name) || name.Contains("__", StringComparison.Ordinal))
                continue;
            if (SettingSpelling.Find(name[Prefix.Length..], settings) is { } key)
            {
                var right = Prefix + key.Replace(":", "__", StringComparison.Ordinal);
                yield return $"The environment variable {name} sets nothing; write {right}, with two underscores.";
            }
        }
    }

    private static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
}
