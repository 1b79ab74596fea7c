using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>Settings of several values, which take keys below their own.</summary>
internal sealed partial class SettingsReader
{
    /// <summary>
    /// Texts from a JSON array, from numbered keys (<c>Key:0</c>, <c>Key:1</c>), or from one text with commas. The highest source that has any
    /// gives the whole list, so that a list in the file can be replaced from above in either form. Within a source, numbered keys win
    /// over the one text.
    /// </summary>
    public IReadOnlyList<string> List(string key, IReadOnlyList<string> @default, string help)
    {
        Declare(new(key, SettingKind.List, string.Join(", ", @default), "", help));
        foreach (var source in configuration.Providers.Reverse())
        {
            var numbered = new List<string>();
            foreach (var item in source.GetChildKeys([], key))
            {
                if (source.TryGet($"{key}:{item}", out var one) && !string.IsNullOrWhiteSpace(one))
                    numbered.Add(one.Trim());
            }
            if (numbered.Count > 0)
                return numbered;
            if (source.TryGet(key, out var text) && text is not null)
                return text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        return @default;
    }

    /// <summary>
    /// Names and their texts, from a JSON object or from keys below this one (<c>Key:NAME</c>). Texts that are secrets
    /// are never printed; names keep their case.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map(string key, string help, bool isSecret = true)
    {
        var text = Declare(new(key, SettingKind.Map, "", "", help, isSecret));
        if (text is not null)
            Reject(key, text, "is a single text", $"a JSON object, or settings {key}:NAME");

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in configuration.GetSection(key).GetChildren())
        {
            if (string.IsNullOrEmpty(item.Value))
                _errors.Add($"{SecretText.ShownKey(item.Path)} is empty; give it a text or leave it out.");
            else
                map.Add(item.Key, item.Value);
        }
        return map;
    }

    /// <summary>
    /// Things of one kind by name, each with settings of its own: <c>Key:NAME:Setting</c>. Where there are none, the settings are declared with
    /// <paramref name="placeholder"/> for the name, so that the help text shows them.
    /// </summary>
    /// <param name="key">What the names stand below.</param>
    /// <param name="placeholder">What stands for a name in the help text, such as <c>NAME</c>.</param>
    /// <param name="read">Declares and reads the settings of one name. Takes the name and the key that its settings stand below; gives null where they are wrong, and says so.</param>
    public IReadOnlyList<T> Each<T>(string key, string placeholder, Func<string, string, T?> read)
        where T : class
    {
        var things = new List<T>();
        var section = configuration.GetSection(key);
        if (!string.IsNullOrWhiteSpace(section.Value)) _errors.Add($"{key} is a single text; allowed is a JSON object, or settings {key}:{placeholder}:...");
        foreach (var item in section.GetChildren())
            if (read(item.Key, item.Path) is { } thing) things.Add(thing);
        if (_declared.Keys.Any(declared => declared.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase))) return things;
        // Nothing is set, so what is missing is no mistake.
        var errors = _errors.Count;
        read(placeholder, $"{key}:{placeholder}");
        _errors.RemoveRange(errors, _errors.Count - errors);
        return things;
    }

    /// <summary>
    /// One sentence for every key of the configuration that no declaration read, with the key that was probably meant.
    /// Call it when everything is declared.
    /// </summary>
    public IReadOnlyList<string> UnknownKeys()
    {
        var unknown = new List<string>();
        foreach (var (key, value) in configuration.AsEnumerable())
        {
            if (value is null || IsDeclared(key))
                continue;
            if (LoggingSettings.Replacement(key) is { } replacement)
            {
                unknown.Add($"{key} is no longer a setting; use {replacement} instead.");
                continue;
            }

            var meant = Suggestion.For(key, _declared.Keys);
            unknown.Add(meant is null
                ? $"{SecretText.ShownKey(key, _declared.Keys)} is not a setting; --help lists them all."
                : $"{SecretText.ShownKey(key)} is not a setting; did you mean {SecretText.ShownKey(meant)}?");
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
