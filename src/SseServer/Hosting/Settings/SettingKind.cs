namespace SseServer.Hosting.Settings;

/// <summary>The form in which a setting is written.</summary>
internal enum SettingKind
{
    /// <summary>A period with its unit: <c>500ms</c>, <c>15s</c>, <c>2m</c>, <c>24h</c>, <c>7d</c> or <c>00:00:15</c>.</summary>
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
