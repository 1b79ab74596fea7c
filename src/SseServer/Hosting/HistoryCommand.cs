using System.Globalization;
using System.Text;
using SseServer.Delivery;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.History.Sqlite.Tools;
using SseServer.Hosting.Settings;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Hosting;

/// <summary><c>sse-server history</c>: runs a tool over a history's file and prints what it finds. The file is only read.</summary>
internal sealed record HistoryCommand
{
    // What a terminal shows without scrolling.
    private const int ShownTopics = 20;

    public required HistoryTool Tool { get; init; }

    /// <summary>The topics and patterns to export; none are all.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Where the export begins, as written.</summary>
    public string? Since { get; init; }

    /// <summary>One sentence for each value that cannot be used.</summary>
    public IEnumerable<string> Problems()
    {
        foreach (var topic in Topics)
        {
            var text = Encoding.UTF8.GetBytes(topic);
            string? problem;
            if (TopicPattern.IsPattern(text)) TopicPattern.TryCreate(text, out _, out problem);
            else TopicName.TryCreate(text, out _, out problem);
            if (problem is not null) yield return $"--topic '{topic}': {problem}";
        }

        if (Begin(DateTimeOffset.UnixEpoch) is null)
            yield return $"--since '{Since}' is not understood; write a time such as 2026-01-31T12:00:00Z, a duration back such as 6h, or an event id.";
    }

    /// <summary>Runs the tool on the file that the settings name, and gives an <see cref="ExitCode"/>.</summary>
    public int Run(SettingsReader settings, TextWriter output, TextWriter error)
    {
        var path = HistorySettings.Read(settings).Path;
        // Other sections are the server's, and not looked at here.
        List<string> problems = [.. settings.Errors, .. settings.UnknownKeys().Where(problem => problem.StartsWith("History:", StringComparison.OrdinalIgnoreCase))];
        if (path is null && problems.Count == 0) problems.Add("Which history is not said; write --History:Path=FILE, or --config FILE where that has it.");
        foreach (var problem in problems) error.WriteLine(problem);
        if (problems.Count > 0) return ExitCode.Usage;
        try
        {
            return Tool switch
            {
                HistoryTool.Check => Check(path!, output, error),
                HistoryTool.Stats => ShowStatistics(path!, output),
                _ => Export(path!, output, error),
            };
        }
        catch (Exception exception) when (exception is StoreException or IOException)
        {
            // A closed pipe is as good a reason to end as a file that cannot be read.
            error.WriteLine(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static int Check(string path, TextWriter output, TextWriter error)
    {
        var check = HistoryCheck.Run(path);
        foreach (var problem in check.Problems) error.WriteLine(problem);
        foreach (var block in check.Damage)
            error.WriteLine($"The block of events {new EventId(block.FirstId)} to {new EventId(block.LastId)} of topic "
                + $"{Encoding.UTF8.GetString(block.Topic)} fails its checksum: they cannot be read.");
        if (check.Problems.Count > 0)
        {
            error.WriteLine($"{path} is damaged; restore a copy, or export what can be read ('sse-server history export') and begin anew.");
            return ExitCode.Failure;
        }

        if (check.Damage.Count > 0)
        {
            error.WriteLine($"{path} is damaged; a server goes on with what can be read, and readers of the rest get a gap. "
                + "Restore a copy to have it back.");
            return ExitCode.Failure;
        }

        output.WriteLine(Invariant($"{path} is well: {check.Events} events, each with its checksum, in rising order, and all totals right."));
        return ExitCode.Success;
    }

    private static int ShowStatistics(string path, TextWriter output)
    {
        var stats = HistoryStatistics.Read(path);
        var (events, bytes) = (stats.Topics.Sum(topic => topic.Count), stats.Topics.Sum(topic => topic.Bytes));
        output.WriteLine(Invariant($"{path}, format {stats.Format}, {(stats.IsClosed ? "closed in order" : "in use, or not closed in order")}"));
        output.WriteLine(Invariant($"File    {stats.FileBytes} bytes, of which {stats.FreeBytes} are free for events to come"));
        output.WriteLine(Invariant($"Events  {events} of {bytes} bytes, in {stats.Blocks} blocks and {stats.Topics.Count} topics"));
        var (kept, ended) = (stats.Topics.Sum(topic => topic.Kept), stats.Topics.Count(topic => topic.EndId > 0));
        if (stats.Keys > 0) output.WriteLine(Invariant($"Keys    {stats.Keys}, of which {kept} have their newest event kept beyond the retention of its topic"));
        if (ended > 0) output.WriteLine(Invariant($"Ended   {ended} topics"));
        output.WriteLine($"Begun   {Time(stats.Origin)}, last event {Time(stats.LastId)}");
        if (stats.Topics.Count == 0) return ExitCode.Success;
        output.WriteLine();
        output.WriteLine(Row("Events", "Bytes", "Oldest", "Newest", "Topic"));
        foreach (var topic in stats.Topics.Take(ShownTopics))
            output.WriteLine(Row(Invariant($"{topic.Count}"), Invariant($"{topic.Bytes}"), Time(topic.FirstId), Time(topic.LastId), Encoding.UTF8.GetString(topic.Name) + (topic.EndId > 0 ? "  (ended)" : "")));
        if (stats.Topics.Count > ShownTopics) output.WriteLine(Invariant($"and {stats.Topics.Count - ShownTopics} topics that hold less"));
        return ExitCode.Success;
    }

    private int Export(string path, TextWriter output, TextWriter error)
    {
        var damaged = new HashSet<long>();
        var lines = new TerminalWriter(output, TerminalText.Form.Json);
        var events = HistoryExport.Write(path, Topics, Begin(DateTimeOffset.UtcNow) ?? 0, lines, block =>
        {
            if (damaged.Add(block.FirstId))
                error.WriteLine($"The events {new EventId(block.FirstId)} to {new EventId(block.LastId)} of topic "
                    + $"{Encoding.UTF8.GetString(block.Topic)} are damaged and left out.");
        });
        output.Flush();
        error.WriteLine(Invariant($"{events} events."));
        return damaged.Count > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    /// <summary>The id after which to begin; null where <see cref="Since"/> is not understood.</summary>
    private long? Begin(DateTimeOffset now)
    {
        if (Since is null) return 0;
        if (!SinceParameter.TryParse(Encoding.UTF8.GetBytes(Since), now, out var start)) return null;
        return start.From switch
        {
            ResumePoint.Start.Time => start.Id.Value - 1,
            ResumePoint.Start.AfterId => EventId.TryParse(start.Text, out var id) ? id.Value : null,
            _ => 0,
        };
    }

    private static string Row(string events, string bytes, string oldest, string newest, string topic)
        => Invariant($"{events,12} {bytes,15}  {oldest,-20}  {newest,-20}  {topic}");

    private static string Time(long id)
        => id == 0 ? "-" : DateTimeOffset.FromUnixTimeMilliseconds(new EventId(id).Milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
