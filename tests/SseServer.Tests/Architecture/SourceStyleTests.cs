using System.Text.RegularExpressions;
using SseServer.Tests.Support;

namespace SseServer.Tests.Architecture;

/// <summary>The layout of source files and pages, over the text of the repository.</summary>
internal sealed partial class SourceStyleTests
{
    private const int MaxColumns = 140;
    private const int MaxLines = 300;
    private const int MaxPartialFiles = 3;

    private static readonly string[] Folders = ["src", "tests", "bench"];

    private static readonly string[] Pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs"];


    [Test]
    public void Lines_are_short()
        => Assert.That(Sources(Folders).SelectMany(file => LongLines(file.Path, file.Text)), Is.Empty);

    [Test]
    public void Files_are_short()
        => Assert.That(
            Sources(Folders).Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))
                .Where(file => Lines(file.Text).Length > MaxLines).Select(file => file.Path),
            Is.Empty);

    [Test]
    public void Types_have_few_partial_files() => Assert.That(ScatteredTypes(Sources(Folders)), Is.Empty);

    [Test]
    public void Prose_has_one_line_a_paragraph()
        => Assert.That(
            Files(Pages, "*.md").SelectMany(
                path => HardWraps(File.ReadAllText(Path.Combine(Repository.Root, path))).Select(line => $"{path}:{line}")),
            Is.Empty);

    [Test]
    public void Every_folder_and_page_exists()
        => Assert.That(Folders.Concat(Pages).Where(path => !Path.Exists(Path.Combine(Repository.Root, path))), Is.Empty);

    [TestCase(140, 0)]
    [TestCase(141, 1)]
    public void Long_line_is_found(int length, int found)
        => Assert.That(LongLines("a.cs", "x\n" + new string('x', length) + "\r\nx").Count(), Is.EqualTo(found));

    [TestCase(3, 0)]
    [TestCase(4, 1)]
    public void Scattered_type_is_found(int files, int found)
    {
        var sources = Enumerable.Range(0, files).Select(i => ($"{i}.cs", "namespace A;\ninternal sealed partial class B\n{ }\n"));
        Assert.That(ScatteredTypes(sources).Count(), Is.EqualTo(found));
    }

    [TestCase("One.\nTwo.", 1)]
    [TestCase("One.\n\nTwo.", 0)]
    [TestCase("One.\n**Two.**\n`three`", 2)]
    [TestCase("Said:\n- one\n- two\n  and more", 0)]
    [TestCase("1. one\n2. two", 0)]
    [TestCase("# One\nTwo.", 0)]
    [TestCase("| a |\n| b |", 0)]
    [TestCase("> a\n> b", 0)]
    [TestCase("```\na\nb\n```\nOne.", 0)]
    [TestCase("One.  \nTwo.", 0)]
    [TestCase("[a]: b\n[c]: d", 0)]
    public void Hard_wrap_is_found(string page, int found) => Assert.That(HardWraps(page).Count(), Is.EqualTo(found));

    private static IEnumerable<string> LongLines(string path, string text)
        => Lines(text).Index().Where(line => line.Item.Length > MaxColumns).Select(line => $"{path}:{line.Index + 1}");

    private static IEnumerable<string> ScatteredTypes(IEnumerable<(string Path, string Text)> sources)
        => sources
            .SelectMany(file => PartialType().Matches(file.Text)
                .Select(match => $"{Namespace().Match(file.Text).Groups[1].Value}.{match.Groups[1].Value}").Distinct())
            .GroupBy(type => type).Where(type => type.Count() > MaxPartialFiles).Select(type => type.Key);

    // Numbers of the lines that continue the paragraph of the line above.
    private static IEnumerable<int> HardWraps(string page)
    {
        var (isCode, follows) = (false, false);
        foreach (var (index, line) in Lines(page).Index())
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) isCode = !isCode;
            var isProse = !isCode && line.Length > 0 && !NoProse().IsMatch(line);
            if (isProse && follows) yield return index + 1;
            // Two spaces or a backslash at the end of a line are a line break that is meant.
            follows = isProse && !line.EndsWith("  ", StringComparison.Ordinal) && !line.EndsWith('\\');
        }
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static IEnumerable<(string Path, string Text)> Sources(string[] folders)
        => Files(folders, "*.cs").Select(path => (path, File.ReadAllText(Path.Combine(Repository.Root, path))));

    // Paths from the root, with slashes. Build output is left out.
    private static IEnumerable<string> Files(string[] paths, string pattern)
        => paths.Select(path => Path.Combine(Repository.Root, path))
            .SelectMany(path => File.Exists(path) ? [path] : Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(folder => folder is "bin" or "obj" or "node_modules"));

    [GeneratedRegex(@"^\s*(?:\w+ )*partial (?:class|struct|interface|record(?: class| struct)?) (\w+)", RegexOptions.Multiline)]
    private static partial Regex PartialType();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // Indented lines, headings, tables, quotes, HTML, lists, code fences and link definitions.
    [GeneratedRegex(@"^(?:\s|#|\||>|<|[-+*] |\d+\. |```|\[[^\]]+\]: |---)")]
    private static partial Regex NoProse();
}
