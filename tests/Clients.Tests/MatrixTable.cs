using System.Text.RegularExpressions;

namespace SseServer.Clients.Tests;

/// <summary>The tables of docs/clients.md, one for each kind of temporary end. A comment around each says which it is.</summary>
internal static class MatrixTable
{
    private const string Head = """
        | client | receives | drain and restart | shed | refusal for now | token expires | final end |
        |---|---|---|---|---|---|---|

        """;

    /// <summary>The row of each client, by its name.</summary>
    public static Dictionary<string, string> Read(string end)
    {
        var table = Pattern(end).Match(File.ReadAllText(FindPage()));
        Assert.That(table.Success, $"docs/clients.md has no table of Streams:TemporaryEnd={end}");
        var lines = table.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Skip(2).ToDictionary(row => row.Split('|')[1].Trim());
    }

    /// <summary>Replaces the table by what was measured.</summary>
    public static void Write(string end, IEnumerable<Row> rows)
    {
        var page = FindPage();
        var table = Head + string.Concat(rows.Select(row => row + "\n"));
        File.WriteAllText(page, Pattern(end).Replace(File.ReadAllText(page), $"<!-- {end} -->\n{table}<!-- end -->"));
    }

    private static Regex Pattern(string end) => new($"<!-- {end} -->\n(.*?)<!-- end -->", RegexOptions.Singleline);

    private static string FindPage()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SseServer.slnx"))) folder = folder.Parent;
        Assert.That(folder, Is.Not.Null, "The tests run outside the repository.");
        return Path.Combine(folder!.FullName, "docs", "clients.md");
    }
}
