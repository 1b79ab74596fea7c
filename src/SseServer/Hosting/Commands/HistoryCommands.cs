using System.Globalization;
using System.Text;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Hosting.Settings;
using SseServer.Hosting.Transfer;
using SseServer.Protocol.EventStream;
using static System.FormattableString;

namespace SseServer.Hosting.Commands;

/// <summary><c>sse-server history ...</c>: commands that only read a history, also while its server runs.</summary>
internal static class HistoryCommands
{
    // As many as a terminal shows without scrolling.
    private const int ShownTopics = 20;

    private static readonly CommandOption Topic = new(
        "--topic", "Exports only this topic, or the topics of this pattern (orders/*). Repeat it for several.")
    {
        ValueName = "TOPIC",
        IsRepeatable = true,
        FindProblem = FindTopicProblem,
    };

    private static readonly CommandOption Since = new(
        "--since", "Exports only events at or after a time (2026-01-31T12:00:00Z), within the last duration (6h), or after an event id.")
    {
        ValueName = "TIME",
        FindProblem = text => ReadSince(text, DateTimeOffset.UnixEpoch) is null
            ? "is not a start; write a time such as 2026-01-31T12:00:00Z, a duration such as 6h, or an event id."
            : null,
    };

    private static readonly CommandOption EventIds = new(
        "--event-ids", "Adds each event's id as eventId, for 'history import'. A server does not accept such lines.");

    /// <summary>Verifies a file.</summary>
    public static Command Check { get; } = new(
        "history check", "Reads the whole history file and reports what is wrong with it; exits with 0 if nothing is, otherwise with 1.",
        [CommandOption.ForConfig], context => Run(context, RunCheck));

    /// <summary>Prints the contents of a file in numbers.</summary>
    public static Command Stats { get; } = new(
        "history stats", "Prints the size of the history file, its number of events, and its largest topics.",
        [CommandOption.ForConfig], context => Run(context, RunStats));

    /// <summary>Prints the events of a file.</summary>
    public static Command Export { get; } = new(
        "history export", "Writes the events as lines of JSON, ordered by id, in the form of a POST with application/x-ndjson.",
        [CommandOption.ForConfig, Topic, Since, EventIds], RunExportAsync);

    // Runs a tool on the file that the settings name.
    private static Task<int> Run(CommandContext context, Func<CommandContext, string, int> tool)
        => Task.FromResult(FindFile(context) is { } path ? RunOn(path, context, tool) : ExitCode.Usage);

    private static Task<int> RunExportAsync(CommandContext context)
    {
        // A shared history is exported in the same form.
        if (HistoryTransferCommands.ReadOptions(context, needsTarget: false) is not { } history) return Task.FromResult(ExitCode.Usage);
        return history.Postgres is { } postgres
            ? Task.FromResult(HistoryTransferCommands.Guard(context, () =>
            {
                using var source = new PostgresSource(postgres);
                return WriteEvents(context, source.Reader);
            }))
            : Run(context, RunExport);
    }

    private static string? FindFile(CommandContext context)
    {
        if (context.LoadConfiguration() is not { } configuration) return null;
        var reader = new SettingsReader(configuration);
        var path = HistorySettings.Read(reader).Path;
        // The other sections are for the server and are not checked here.
        var unknown = reader.UnknownKeys().Where(problem => problem.StartsWith("History:", StringComparison.OrdinalIgnoreCase));
        List<string> problems = [.. reader.Errors, .. unknown];
        if (path is null && problems.Count == 0)
            problems.Add("No history file is given; write --History:Path=FILE, or --config FILE with a file that sets it.");
        if (problems.Count == 0) return path;
        context.Refuse(problems);
        return null;
    }

    private static int RunOn(string path, CommandContext context, Func<CommandContext, string, int> tool)
    {
        try
        {
            return tool(context, path);
        }
        catch (Exception exception) when (exception is StoreException or IOException)
        {
            // A file that cannot be read, or an output pipe that was closed.
            context.Error.WriteLine(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static int RunCheck(CommandContext context, string path)
    {
        var (output, error) = (context.Output, context.Error);
        var check = HistoryCheck.Run(path);
        foreach (var problem in check.Problems) error.WriteLine(problem);
        foreach (var block in check.Damage)
            error.WriteLine($"The block of events {new EventId(block.FirstId)} to {new EventId(block.LastId)} of topic "
                + $"{Encoding.UTF8.GetString(block.Topic)} fails its checksum; these events cannot be read.");
        if (check.Problems.Count > 0)
            error.WriteLine($"{path} is damaged; restore a copy, or export what can be read ('sse-server history export') and start over.");
        else if (check.Damage.Count > 0)
            error.WriteLine($"{path} is damaged; a server keeps running with what can be read, and its subscribers get a gap for the rest. "
                + "Restore a copy to get it back.");
        else
            output.WriteLine(Invariant($"{path} is OK: {check.Events} events; checksums, order and totals verified."));

        return check.Problems.Count == 0 && check.Damage.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static int RunStats(CommandContext context, string path)
    {
        var output = context.Output;
        var stats = HistoryStatistics.Read(path);
        var topics = stats.Topics;
        var (kept, ended) = (topics.Sum(topic => topic.Kept), topics.Count(topic => topic.EndId > 0));
        var state = stats.IsClosed ? "closed cleanly" : "in use, or not closed cleanly";
        output.WriteLine(Invariant($"{path}, format {stats.Format}, {state}"));
        output.WriteLine(Invariant($"File    {stats.FileBytes} bytes, of which {stats.FreeBytes} are free for new events"));
        output.WriteLine(Invariant($"Events  {topics.Sum(topic => topic.Count)} of {topics.Sum(topic => topic.Bytes)} bytes, ")
            + Invariant($"in {stats.Blocks} blocks and {topics.Count} topics"));
        if (stats.Keys > 0)
            output.WriteLine(Invariant($"Keys    {stats.Keys}, of which {kept} keep their newest event beyond retention"));
        if (ended > 0) output.WriteLine(Invariant($"Ended   {ended} topics"));
        output.WriteLine($"Begun   {Time(stats.Origin)}, last event {Time(stats.LastId)}");
        if (topics.Count == 0) return ExitCode.Success;

        output.WriteLine();
        output.WriteLine(Row("Events", "Bytes", "Oldest", "Newest", "Topic"));
        foreach (var topic in topics.Take(ShownTopics))
        {
            var name = Encoding.UTF8.GetString(topic.Name) + (topic.EndId > 0 ? "  (ended)" : "");
            output.WriteLine(Row(Invariant($"{topic.Count}"), Invariant($"{topic.Bytes}"), Time(topic.FirstId), Time(topic.LastId), name));
        }

        if (topics.Count > ShownTopics) output.WriteLine(Invariant($"and {topics.Count - ShownTopics} smaller topics"));
        return ExitCode.Success;
    }

    private static int RunExport(CommandContext context, string path)
    {
        using var reader = new SqliteEventReader(HistoryFile.Open(path));
        return WriteEvents(context, reader);
    }

    private static int WriteEvents(CommandContext context, IStoredEventReader reader)
    {
        var damaged = new HashSet<long>();
        var lines = new TerminalWriter(context.Output, TerminalText.Form.Json);
        var start = context.Line.Value(Since) is { } since ? ReadSince(since, DateTimeOffset.UtcNow) ?? 0 : 0;
        var events = HistoryExport.Write(reader, context.Line.Values(Topic), start, context.Line.Has(EventIds), lines, block =>
        {
            if (damaged.Add(block.FirstId))
                context.Error.WriteLine($"Events {new EventId(block.FirstId)} to {new EventId(block.LastId)} of topic "
                    + $"{Encoding.UTF8.GetString(block.Topic)} are damaged and left out.");
        });
        context.Output.Flush();
        context.Error.WriteLine(Invariant($"{events} events."));
        return damaged.Count > 0 ? ExitCode.Failure : ExitCode.Success;
    }

    private static string? FindTopicProblem(string topic)
        => Selector.TryCreate(Encoding.UTF8.GetBytes(topic), out _, out var problem) ? null : $"is not a topic or pattern: {problem}";

    // The id after which to start; null if the text is not valid.
    private static long? ReadSince(string text, DateTimeOffset now)
    {
        if (!SinceParameter.TryParse(Encoding.UTF8.GetBytes(text), now, out var start)) return null;
        return start.From switch
        {
            ResumePoint.Start.Time => start.Id.Value - 1,
            ResumePoint.Start.Last => null,
            ResumePoint.Start.AfterId => EventId.TryParse(start.Text, out var id) ? id.Value : null,
            _ => 0,
        };
    }

    private static string Row(string events, string bytes, string oldest, string newest, string topic)
        => Invariant($"{events,12} {bytes,15}  {oldest,-20}  {newest,-20}  {topic}");

    private static string Time(long id)
    {
        if (id == 0) return "-";
        var time = DateTimeOffset.FromUnixTimeMilliseconds(new EventId(id).Milliseconds);
        return time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
