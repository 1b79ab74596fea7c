using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>Settings of several values, which take keys below their own.</summary>
internal sealed partial class SettingsReader
{
    /// <summary>
    /// Texts from a JSON array, from numbered keys (<c>Key:0</c>, <c>Key:1</c>), or from one text with commas.
    /// Numbered keys win over the one text.
    /// </summary>
    public IReadOnlyList<string> List(string key, IReadOnlyList<string> @default, string help)
    {
        Declare(new(key, SettingKind.List, string.Join(", ", @default), "", help));
        var section = configuration.GetSection(key);
        var numbered = new List<string>();
        foreach (var item in section.GetChildren())
        {
            if (!string.IsNullOrWhiteSpace(item.Value))
                numbered.Add(item.Value.Trim());
        }
        if (numbered.Count > 0 || section.Value is null)
            return numbered.Count > 0 ? numbered : @default;
        return section.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>
    /// Names and their texts, from a JSON object or from keys below this one (<c>Key:NAME</c>). The texts are secrets
    /// and never printed; names keep their case.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map(string key, string help)
    {
        var text = Declare(new(key, SettingKind.Map, "", "", help, IsSecret: true));
        if (text is not null)
            Reject(key, text, "is a single text", $"a JSON object, or settings {key}:NAME");

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in configuration.GetSection(key).GetChildren())
        {
            if (string.IsNullOrEmpty(item.Value))
                _errors.Add($"{item.Path} is empty; give it a text or leave it out.");
            else
                map.Add(item.Key, item.Value);
        }
        return map;
    }

    /// <summary>
    /// One sentence for every key of the configuration that no declaration read, with the key that was probably meant.
    /// Call it when everything is declared. Keys below <c>Serilog</c> are Serilog's own.
    /// </summary>
    public IReadOnlyList<string> UnknownKeys()
    {
        var unknown = new List<string>();
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is null || IsDeclared(key) || key.StartsWith("Serilog:", StringComparison.OrdinalIgnoreCase))
                continue;
            var meant = Suggestion.For(key, _declared.Keys);
            unknown.Add(meant is null
                ? $"{key} is not a setting; --help lists them all."
                : $"{key} is not a setting; did you mean {meant}?");
        }
        unknown.Sort(StringComparer.Ordinal);
        return unknown;
    }

    private bool IsDeclared(string key)
    {
        if (_declared.ContainsKey(key))
            return true;
        var colon = key.LastIndexOf(':');
        return colon > 0
            && _declared.TryGetValue(key[..colon], out var parent)
            && (parent.Kind == SettingKind.Map
                || (parent.Kind == SettingKind.List && uint.TryParse(key.AsSpan(colon + 1), out _)));
    }
}
