using System.Text.RegularExpressions;
using SseServer.Tests.Support;

namespace SseServer.Tests.Architecture;

/// <summary>The length of the program's types in lines of source, with comments and blank lines.</summary>
internal static partial class SourceLines
{
    private static readonly Lazy<Dictionary<string, int>> Lines = new(Count);

    /// <summary>
    /// Lines of all files that declare parts of the type. A file that declares several types is shared equally among them.
    /// </summary>
    /// <param name="type">The type with its namespace.</param>
    public static int Of(string type) => Lines.Value.GetValueOrDefault(type);

    private static Dictionary<string, int> Count()
    {
        var lines = new Dictionary<string, int>();
        var separator = Path.DirectorySeparatorChar;
        var folder = Path.Combine(Repository.Root, "src", "SseServer");
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains($"{separator}obj{separator}") || file.Contains($"{separator}bin{separator}")) continue;
            var text = File.ReadAllText(file);
            var types = Type().Matches(text).Select(match => $"{Namespace().Match(text).Groups[1].Value}.{match.Groups[1].Value}").ToList();
            foreach (var type in types) lines[type] = lines.GetValueOrDefault(type) + (text.Count(c => c == '\n') / types.Count);
        }

        return lines;
    }

    // Outermost types begin at the first column.
    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|interface|enum|record(?: struct| class)?) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
