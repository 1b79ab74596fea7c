using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Reads settings by declaration: each call names a key, its default, its range and its meaning, and gives the value.
/// Nothing throws for what the configuration says; every problem becomes a sentence in <see cref="Errors"/>, so that
/// one start shows them all. Used once, on one thread, before anything runs.
/// </summary>
/// <remarks>An empty value stands for the default, except that an empty list is an empty list.</remarks>
internal sealed partial class SettingsReader(IConfigurationRoot configuration)
{
    private readonly Dictionary<string, SettingDescriptor> _declared = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingDescriptor> _descriptors = [];
    private readonly List<string> _errors = [];

    /// <summary>Every setting declared so far, in order of declaration.</summary>
    public IReadOnlyList<SettingDescriptor> Descriptors => _descriptors;

    /// <summary>One sentence for every wrong value so far.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>A period between <paramref name="min"/> and <paramref name="max"/>, both allowed.</summary>
    public TimeSpan Duration(string key, TimeSpan @default, TimeSpan min, TimeSpan max, string help)
    {
        var range = $"{DurationText.Format(min)} to {DurationText.Format(max)}";
        var text = Declare(new(key, SettingKind.Duration, DurationText.Format(@default), range, help));
        if (text is null)
            return @default;
        if (!DurationText.TryParse(text, out var value))
            Reject(key, text, "is not a duration", $"a number with its unit, such as 500ms, 15s, 2m or 24h, from {range}");
        else if (value < min || value > max)
            Reject(key, text, "is out of range", range);
        else
            return value;
        return @default;
    }

    /// <summary>A whole number between <paramref name="min"/> and <paramref name="max"/>, both allowed.</summary>
    public int Integer(string key, int @default, int min, int max, string help)
    {
        var range = max == int.MaxValue ? Invariant($"{min} or more") : Invariant($"{min} to {max}");
        var text = Declare(new(key, SettingKind.Integer, Invariant($"{@default}"), range, help));
        if (text is null)
            return @default;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            Reject(key, text, "is not a whole number", range);
        else if (value < min || value > max)
            Reject(key, text, "is out of range", range);
        else
            return value;
        return @default;
    }

    /// <summary>A number of bytes between <paramref name="min"/> and <paramref name="max"/>, both allowed.</summary>
    public long Bytes(string key, long @default, long min, long max, string help)
    {
        var range = max == long.MaxValue
            ? $"{ByteSizeText.Format(min)} or more"
            : $"{ByteSizeText.Format(min)} to {ByteSizeText.Format(max)}";
        var text = Declare(new(key, SettingKind.Bytes, ByteSizeText.Format(@default), range, help));
        if (text is null)
            return @default;
        if (!ByteSizeText.TryParse(text, out var value))
            Reject(key, text, "is not a size", $"a number of bytes, such as 65536, 64KB, 16MB or 1GB, from {range}");
        else if (value < min || value > max)
            Reject(key, text, "is out of range", range);
        else
            return value;
        return @default;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool Flag(string key, bool @default, string help)
    {
        var text = Declare(new(key, SettingKind.Flag, @default ? "true" : "false", "true or false", help));
        if (text is null)
            return @default;
        if (bool.TryParse(text, out var value))
            return value;
        Reject(key, text, "is neither true nor false", "true or false");
        return @default;
    }

    /// <summary>Free text. Where <paramref name="secret"/>, its value is never printed.</summary>
    public string? Text(string key, string? @default, string help, bool secret = false)
        => Declare(new(key, SettingKind.Text, @default ?? "", "", help, secret)) ?? @default;

    /// <summary>One of a few words, whatever their case; gives the word as it is in <paramref name="allowed"/>.</summary>
    public string Choice(string key, string @default, IReadOnlyList<string> allowed, string help)
    {
        var words = string.Join(", ", allowed);
        var text = Declare(new(key, SettingKind.Text, @default, words, help));
        if (text is null)
            return @default;
        foreach (var word in allowed)
        {
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase))
                return word;
        }
        Reject(key, text, "is not known", $"one of {words}");
        return @default;
    }

    /// <summary>
    /// Records that the value of <paramref name="key"/> is unfit for a reason its reader knows, such as its syntax.
    /// </summary>
    /// <param name="key">A declared key.</param>
    /// <param name="value">The offending value as written, or the offending part of it; left out where the setting is secret.</param>
    /// <param name="reason">Goes on from the value: <c>is not a duration</c>.</param>
    /// <param name="allowed">What is right instead: <c>1s to 1h</c>.</param>
    public void Reject(string key, string value, string reason, string allowed)
    {
        var shown = SecretText.ShownKey(key);
        // Beside keys, a key stands easily where something else should. A file's path is long, and worth more when it is whole.
        var isFile = key.EndsWith(":File", StringComparison.OrdinalIgnoreCase);
        if (!isFile && key.StartsWith("Auth:", StringComparison.OrdinalIgnoreCase)) value = SecretText.Shown(value);
        _errors.Add(_declared[key].IsSecret
            ? $"{shown} {reason}; allowed is {allowed}."
            : $"{shown}: '{value}' {reason}; allowed is {allowed}.");
    }

    private string? Declare(SettingDescriptor descriptor)
    {
        _declared.Add(descriptor.Key, descriptor);
        _descriptors.Add(descriptor);
        var text = configuration[descriptor.Key]?.Trim();
        return string.IsNullOrEmpty(text) ? null : text;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
