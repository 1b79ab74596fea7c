using System.Text;
using SseServer.Bench.FanOut.Workloads;

namespace SseServer.Bench.FanOut.Report;

/// <summary>The results as Markdown tables.</summary>
internal static class MarkdownReport
{
    public static string Write(BenchOptions options, IReadOnlyList<Workload> workloads, IReadOnlyList<Result> results)
    {
        var text = new StringBuilder();
        text.AppendLine("# Results").AppendLine();
        text.AppendLine(Machine.Describe()).AppendLine();
        text.AppendLine($"Rounds: {options.RoundCount}, of {options.Window.TotalSeconds:N0} s each. Numbers are medians; ratios are "
            + "medians of each round's ratio to the first row's server.");
        foreach (var workload in workloads)
        {
            var table = new ResultTable(workload.Key, results);
            if (table.Servers.Count == 0) continue;
            text.AppendLine().AppendLine($"## {workload.Key}").AppendLine();
            text.AppendLine(workload.Describe(options)).AppendLine();
            WriteTable(text, table);
            WriteRatios(text, table);
            WriteFailures(text, workload, results);
        }
        return text.ToString();
    }

    private static void WriteTable(StringBuilder text, ResultTable table)
    {
        WriteRow(text, "", table.Columns.Select(column => column.Heading));
        WriteRow(text, "---", table.Columns.Select(_ => "---:"));
        foreach (var server in table.Servers)
            WriteRow(text, server, table.Columns.Select(column => Metric.Format(table.Median(server, column.Name))));
    }

    private static void WriteRatios(StringBuilder text, ResultTable table)
    {
        var columns = table.Columns.Where(column => column.HasRatio).ToList();
        var peers = table.Servers.Where(server => ReferenceFor(server, table) != server).ToList();
        if (peers.Count == 0 || columns.Count == 0) return;
        text.AppendLine();
        WriteRow(text, $"÷ {table.Servers[0].Split(',')[0]}", columns.Select(column => column.Name));
        WriteRow(text, "---", columns.Select(_ => "---:"));
        foreach (var peer in peers)
            WriteRow(text, peer, columns.Select(column => Metric.Format(table.Ratio(peer, ReferenceFor(peer, table), column.Name))));
    }

    /// <summary>The first server's row of the same variant, or its first row.</summary>
    private static string ReferenceFor(string server, ResultTable table)
    {
        var reference = table.Servers[0].Split(',')[0];
        var variant = server.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma ? server[comma..] : "";
        return table.Servers.Contains(reference + variant) ? reference + variant : table.Servers[0];
    }

    private static void WriteFailures(StringBuilder text, Workload workload, IReadOnlyList<Result> results)
    {
        var failures = results.Where(result => result.Workload == workload.Key && result.Failures.Count > 0).ToList();
        if (failures.Count == 0) return;
        text.AppendLine();
        foreach (var result in failures)
            text.AppendLine($"- {result.Server}, round {result.Round + 1}: {string.Join("; ", result.Failures)}");
    }

    private static void WriteRow(StringBuilder text, string first, IEnumerable<string> cells)
        => text.Append("| ").Append(first).Append(" | ").AppendJoin(" | ", cells).AppendLine(" |");
}
