using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>Settings with several values, which have keys below their own.</summary>
internal sealed partial class SettingsReader
{
    /// <summary>
    /// Texts from a JSON array, from numbered keys (<c>Key:0</c>, <c>Key:1</c>), or from one text with commas. The highest source that has
    /// any of these gives the whole list, so that a list in the file can be replaced from above in either form. Within one source,
    /// numbered keys take precedence over the single text.
    /// </summary>
    public IReadOnlyList<string> List(string key, IReadOnlyList<string> @default, string help)
    {
        Declare(new(key, SettingKind.List, string.Join(", ", @default), "", help));
        foreach (var source in configuration.Providers.Reverse())
        {
            var numbered = new List<string>();
            foreach (var item in source.GetChildKeys([], key))
                if (source.TryGet($"{key}:{item}", out var one) && !string.IsNullOrWhiteSpace(one)) numbered.Add(one.Trim());

            if (numbered.Count > 0) return numbered;
            if (source.TryGet(key, out var text) && text is not null)
                return text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        return @default;
    }

    /// <summary>
    /// Names and their texts, from a JSON object or from keys below this one (<c>Key:NAME</c>). Secret texts are never printed; names keep
    /// their case.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map(string key, string help, bool isSecret = true)
    {
        var text = Declare(new(key, SettingKind.Map, "", "", help, isSecret));
        if (text is not null) Reject(key, text, $"is a single text; use a JSON object, or settings {key}:NAME.");

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in configuration.GetSection(key).GetChildren())
        {
            if (!string.IsNullOrEmpty(item.Value)) map.Add(item.Key, item.Value);
            else Reject($"{SecretText.ShownKey(item.Path)} is empty; give it a value or leave it out.");
        }

        return map;
    }

    /// <summary>
    /// Named items of one kind, each with settings of its own: <c>Key:NAME:Setting</c>. If there are none, the settings are declared with
    /// <paramref name="placeholder"/> for the name, so that the help text shows them.
    /// </summary>
    /// <param name="key">The key above the names.</param>
    /// <param name="placeholder">The name in the help text, such as <c>NAME</c>.</param>
    /// <param name="read">
    /// Declares and reads the settings of one item. Takes its name and the key above its settings; returns null, after a
    /// <see cref="Reject(string)"/>, if they are wrong.
    /// </param>
    public IReadOnlyList<T> Each<T>(string key, string placeholder, Func<string, string, T?> read)
        where T : class
    {
        var items = new List<T>();
        var section = configuration.GetSection(key);
        if (!string.IsNullOrWhiteSpace(section.Value))
            Reject($"{key} is a single text; use a JSON object, or settings {key}:{placeholder}:...");
        foreach (var child in section.GetChildren())
            if (read(child.Key, child.Path) is { } item) items.Add(item);

        if (_declared.Keys.Any(declared => declared.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase))) return items;
        // Nothing is set, so nothing that is missing is a mistake.
        var errors = _errors.Count;
        read(placeholder, $"{key}:{placeholder}");
        _errors.RemoveRange(errors, _errors.Count - errors);
        return items;
    }

    /// <summary>
    /// One sentence for every key of the configuration that no declaration reads, with the key that was probably meant. Call it when
    /// everything is declared.
    /// </summary>
    public IReadOnlyList<string> UnknownKeys()
    {
        var unknown = new List<string>();
        foreach (var (key, value) in configuration.AsEnumerable())
            if (value is not null && !IsDeclared(key)) unknown.Add(DescribeUnknown(key));

        unknown.Sort(StringComparer.Ordinal);
        return unknown;
    }

    private string DescribeUnknown(string key)
    {
        if (LoggingSettings.Replacement(key) is { } replacement) return $"{key} is no longer a setting; use {replacement} instead.";
        return Suggestion.For(key, _declared.Keys) is { } meant
            ? $"{SecretText.ShownKey(key)} is not a setting; did you mean {SecretText.ShownKey(meant)}?"
            : $"{SecretText.ShownKey(key, _declared.Keys)} is not a setting; --help lists them all.";
    }

    private bool IsDeclared(string key)
    {
        if (_declared.ContainsKey(key)) return true;
        var colon = key.LastIndexOf(':');
        if (colon < 0 || !_declared.TryGetValue(key[..colon], out var parent)) return false;
        return parent.Kind == SettingKind.Map || (parent.Kind == SettingKind.List && uint.TryParse(key.AsSpan(colon + 1), out _));
    }
}
