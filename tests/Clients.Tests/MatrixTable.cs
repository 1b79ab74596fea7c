using System.Text.RegularExpressions;
using SseServer.Tests.Support;

namespace SseServer.Clients.Tests;

/// <summary>The tables of docs/clients.md, one for each kind of temporary end. A comment around each says which it is.</summary>
internal static class MatrixTable
{
    private const string Head = """
        | client | receives | drain and restart | shed | refusal for now | token expires | final end |
        |---|---|---|---|---|---|---|

        """;

    private static readonly string Page = Path.Combine(Repository.Root, "docs", "clients.md");

    /// <summary>The row of each client, by its name.</summary>
    public static Dictionary<string, string> Read(string end)
    {
        var table = Pattern(end).Match(File.ReadAllText(Page));
        Assert.That(table.Success, $"docs/clients.md has no table of Streams:TemporaryEnd={end}");
        var lines = table.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Skip(2).ToDictionary(row => row.Split('|')[1].Trim());
    }

    /// <summary>Replaces the table by what was measured.</summary>
    public static void Write(string end, IEnumerable<Row> rows)
    {
        var table = Head + string.Concat(rows.Select(row => row + "\n"));
        File.WriteAllText(Page, Pattern(end).Replace(File.ReadAllText(Page), $"<!-- {end} -->\n{table}<!-- end -->"));
    }

    private static Regex Pattern(string end) => new($"<!-- {end} -->\n(.*?)<!-- end -->", RegexOptions.Singleline);
}
