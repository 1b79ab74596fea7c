namespace SseServer.Hosting.Settings;

/// <summary>The declaration of one setting, from which the help text is made.</summary>
/// <param name="Key">Section and name with a colon between them, as in <c>Streams:HeartbeatInterval</c>.</param>
/// <param name="Kind">How its value is written.</param>
/// <param name="Default">The default as a user would write it; empty if there is none.</param>
/// <param name="Allowed">The allowed values as a phrase, such as <c>1s to 1h</c>; empty if the kind says it all.</param>
/// <param name="Help">What the setting does, in one to three sentences.</param>
/// <param name="IsSecret">Whether its value must never be printed.</param>
internal sealed record SettingDescriptor(
    string Key, SettingKind Kind, string Default, string Allowed, string Help, bool IsSecret = false)
{
    /// <summary>The environment variable that sets it: <c>SSE_Streams__HeartbeatInterval</c>.</summary>
    public string EnvironmentVariable => EnvironmentSettings.Prefix + Key.Replace(":", "__", StringComparison.Ordinal);
}

/// <summary>The form in which a setting is written.</summary>
internal enum SettingKind
{
    /// <summary>A period with a unit: <c>500ms</c>, <c>15s</c>, <c>2m</c>, <c>24h</c>, <c>7d</c> or <c>00:00:15</c>.</summary>
    Duration,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number of bytes, plain or in units of 1024: <c>65536</c>, <c>64KB</c>, <c>16MB</c>, <c>1GB</c>.</summary>
    Bytes,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>Free text.</summary>
    Text,

    /// <summary>A JSON array, or one text with commas.</summary>
    List,

    /// <summary>A JSON object of names and texts.</summary>
    Map,
}
