namespace SseServer.Hosting.Settings;

/// <summary>What one declaration says of its setting. The help text and the documentation are made from these.</summary>
/// <param name="Key">Section and name with a colon between them, as in <c>Hub:HeartbeatInterval</c>.</param>
/// <param name="Kind">How its value is written.</param>
/// <param name="Default">The default as one would write it; empty where there is none.</param>
/// <param name="Allowed">The allowed values as a phrase, such as <c>1s to 1h</c>; empty where the kind says it all.</param>
/// <param name="Help">One or two sentences on what it does.</param>
/// <param name="IsSecret">True where no value may be printed.</param>
internal sealed record SettingDescriptor(
    string Key, SettingKind Kind, string Default, string Allowed, string Help, bool IsSecret = false)
{
    /// <summary>The environment variable that sets it: <c>SSE_Hub__HeartbeatInterval</c>.</summary>
    public string EnvironmentVariable => EnvironmentSettings.Prefix + Key.Replace(":", "__", StringComparison.Ordinal);
}
