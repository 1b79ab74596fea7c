using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// Reads an event stream by the letter of WHATWG HTML 9.2.6, with the differences that publishers' streams have: ids belong to their
/// events, and a value that is not UTF-8 ends the stream. Texts have one character per byte.
/// </summary>
internal static partial class ReferenceEventStream
{
    public static List<string> Read(string text)
    {
        var events = new List<string>();
        var (data, name, id, retry) = (new StringBuilder(), "", "", "");
        if (text.StartsWith("\xEF\xBB\xBF", StringComparison.Ordinal)) text = text[3..];
        foreach (Match match in Line().Matches(text))
        {
            var line = match.Groups[1].Value;
            if (line.Length == 0)
            {
                if (data.Length > 0) events.Add($"{name}|{data.ToString(0, data.Length - 1)}|{id}|{retry}");
                (name, id, retry) = ("", "", "");
                data.Clear();
                continue;
            }

            var (field, value) = Split(line);
            if (field is not ("data" or "event" or "id")) retry = field == "retry" && Digits().IsMatch(value) ? Clamp(value) : retry;
            else if (field == "id" && value.Contains('\0', StringComparison.Ordinal)) continue;
            else if (!Utf8.IsValid(Fuzz.Bytes(value))) return [.. events, "not UTF-8"];
            else if (field == "data") data.Append(value).Append('\n');
            else if (field == "event") name = value;
            else id = value;
        }

        return events;
    }

    [GeneratedRegex(@"([^\r\n]*)(?:\r\n|\r|\n)")]
    private static partial Regex Line();

    [GeneratedRegex(@"\A[0-9]+\z")]
    private static partial Regex Digits();

    private static (string Field, string Value) Split(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return (line, "");
        var value = line[(colon + 1)..];
        return (line[..colon], value.StartsWith(' ') ? value[1..] : value);
    }

    private static string Clamp(string digits)
        => decimal.TryParse(digits, out var value) && value < int.MaxValue ? $"{value}" : $"{int.MaxValue}";
}
