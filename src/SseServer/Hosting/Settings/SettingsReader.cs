using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SseServer.Hosting.Settings;

/// <summary>
/// Reads settings by declaration: each call names a key, its default, its range and its meaning, and returns the value. A wrong
/// configuration never throws; every problem becomes a sentence in <see cref="Errors"/>, so that one start reports them all. Used once,
/// on one thread, before anything runs.
/// </summary>
/// <remarks>An empty value means the default, except that an empty list is an empty list.</remarks>
internal sealed partial class SettingsReader(IConfigurationRoot configuration)
{
    private static readonly Form<TimeSpan> Durations = new(
        SettingKind.Duration, DurationText.TryParse, DurationText.Format, TimeSpan.MaxValue,
        "a duration", "a number with a unit, such as 500ms, 15s, 2m or 24h, ");

    private static readonly Form<int> Integers = new(
        SettingKind.Integer, TryParseInteger, value => value.ToString(CultureInfo.InvariantCulture), int.MaxValue, "a whole number", "");

    // Half of the largest number is no bound that anyone reaches; readers pass it so that sums cannot overflow.
    private static readonly Form<long> Sizes = new(
        SettingKind.Bytes, ByteSizeText.TryParse, ByteSizeText.Format, long.MaxValue / 2,
        "a size", "a number of bytes, such as 65536, 64KB, 16MB or 1GB, ");

    private readonly Dictionary<string, SettingDescriptor> _declared = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingDescriptor> _descriptors = [];
    private readonly List<string> _errors = [];

    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>Every setting declared so far, in order of declaration.</summary>
    public IReadOnlyList<SettingDescriptor> Descriptors => _descriptors;

    /// <summary>One sentence for every wrong value so far.</summary>
    public IReadOnlyList<string> Errors => _errors;

    /// <summary>A period between <paramref name="min"/> and <paramref name="max"/>, inclusive.</summary>
    public TimeSpan Duration(string key, TimeSpan @default, TimeSpan min, TimeSpan max, string help)
        => Bounded(Durations, key, @default, min, max, help);

    /// <summary>A whole number between <paramref name="min"/> and <paramref name="max"/>, inclusive.</summary>
    public int Integer(string key, int @default, int min, int max, string help) => Bounded(Integers, key, @default, min, max, help);

    /// <summary>A number of bytes between <paramref name="min"/> and <paramref name="max"/>, inclusive.</summary>
    public long Bytes(string key, long @default, long min, long max, string help) => Bounded(Sizes, key, @default, min, max, help);

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool Flag(string key, bool @default, string help)
    {
        var text = Declare(new(key, SettingKind.Flag, @default ? "true" : "false", "true or false", help));
        if (text is null) return @default;
        if (bool.TryParse(text, out var value)) return value;
        Reject(key, text, "is not valid; it must be true or false.");
        return @default;
    }

    /// <summary>Free text. The value of a <paramref name="secret"/> is never printed.</summary>
    public string? Text(string key, string? @default, string help, bool secret = false)
        => Declare(new(key, SettingKind.Text, @default ?? "", "", help, secret)) ?? @default;

    /// <summary>One of a few words, in any case; returns the word as it is written in <paramref name="allowed"/>.</summary>
    public string Choice(string key, string @default, IReadOnlyList<string> allowed, string help)
    {
        var words = string.Join(", ", allowed);
        var text = Declare(new(key, SettingKind.Text, @default, words, help));
        if (text is null) return @default;
        foreach (var word in allowed)
            if (word.Equals(text, StringComparison.OrdinalIgnoreCase)) return word;

        Reject(key, text, $"is not valid; it must be one of {words}.");
        return @default;
    }

    /// <summary>Whether a single setting has a value that is not its default.</summary>
    public bool IsGiven(string key) => !string.IsNullOrWhiteSpace(configuration[key]);

    /// <summary>Records a problem that is not about the text of one value, such as a setting that is missing.</summary>
    /// <param name="sentence">What is wrong, then what to do. It must not contain the value of a secret.</param>
    public void Reject(string sentence) => _errors.Add(sentence);

    /// <summary>Records that a value is wrong for a reason its reader knows, such as its syntax. Shows only what is safe.</summary>
    /// <param name="key">A declared key.</param>
    /// <param name="value">The wrong value as written, or the wrong part of it; left out if the setting is secret.</param>
    /// <param name="predicate">
    /// The sentence after the key and the value: what is wrong, then what to do, as in <c>is out of range; it must be 1 or more.</c>
    /// </param>
    public void Reject(string key, string value, string predicate)
    {
        var shown = SecretText.ShownKey(key);
        // In this section a key is easily put in the wrong setting. The path of a file is long, and more useful if it is whole.
        var isFile = key.EndsWith(":File", StringComparison.OrdinalIgnoreCase);
        if (!isFile && key.StartsWith("Auth:", StringComparison.OrdinalIgnoreCase)) value = SecretText.Shown(value);
        Reject(_declared[key].IsSecret ? $"{shown} {predicate}" : $"{shown}: '{value}' {predicate}");
    }

    private static bool TryParseInteger(string text, out int value)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private T Bounded<T>(Form<T> form, string key, T @default, T min, T max, string help)
        where T : IComparable<T>
    {
        var isOpen = max.CompareTo(form.Unbounded) >= 0;
        var (least, most) = (form.Format(min), form.Format(max));
        var text = Declare(new(key, form.Kind, form.Format(@default), isOpen ? $"{least} or more" : $"{least} to {most}", help));
        if (text is null) return @default;
        var range = isOpen ? $"{least} or more" : $"between {least} and {most}";
        if (!form.TryParse(text, out var value)) Reject(key, text, $"is not {form.Name}; it must be {form.Example}{range}.");
        else if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0) Reject(key, text, $"is out of range; it must be {range}.");
        else return value;
        return @default;
    }

    private string? Declare(SettingDescriptor descriptor)
    {
        _declared.Add(descriptor.Key, descriptor);
        _descriptors.Add(descriptor);
        var text = configuration[descriptor.Key]?.Trim();
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>How values with a range are written.</summary>
    /// <param name="Kind">The kind of such settings.</param>
    /// <param name="TryParse">Reads a value.</param>
    /// <param name="Format">Writes a value.</param>
    /// <param name="Unbounded">A maximum of this or more is shown as no bound.</param>
    /// <param name="Name">Follows "is not".</param>
    /// <param name="Example">Follows "it must be", before the range.</param>
    private sealed record Form<T>(
        SettingKind Kind, TryParse<T> TryParse, Func<T, string> Format, T Unbounded, string Name, string Example);
}
