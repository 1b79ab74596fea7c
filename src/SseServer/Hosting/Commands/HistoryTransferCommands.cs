using System.Text;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.Hosting.Settings;
using SseServer.Hosting.Transfer;
using SseServer.Protocol.EventStream;
using static System.FormattableString;

namespace SseServer.Hosting.Commands;

/// <summary><c>sse-server history migrate</c> and <c>import</c>: commands that write a history.</summary>
internal static class HistoryTransferCommands
{
    private static readonly CommandOption Print = new(
        "--print", "Prints the SQL that creates the schema, and changes nothing. Needs no database.");

    private static readonly CommandOption Url = new("--url", "The database; short for --History:Url.")
    {
        ValueName = "URL",
        Setting = "History:Url",
    };

    private static readonly CommandOption From = new(
        "--from",
        "What to import: a history file, a postgres:// URL (with the same History:Schema), a file of 'history export', or - for its lines "
            + "on standard input.")
    {
        ValueName = "SOURCE",
    };

    /// <summary>Creates or upgrades the schema of a shared history.</summary>
    public static Command Migrate { get; } = new(
        "history migrate",
        "Creates the schema of a shared history in the database of History:Url, or upgrades it; servers may run meanwhile.",
        [CommandOption.ForConfig, Url, Print], context => Task.FromResult(RunMigrate(context)));

    /// <summary>Copies a history into an empty one.</summary>
    public static Command Import { get; } = new(
        "history import",
        "Copies a history with its ids into an empty one: that of History:Url or History:Path. No server may use either meanwhile.",
        [CommandOption.ForConfig, Url, From], context => Task.FromResult(RunImport(context)));

    /// <summary>The settings of the history; null, after error messages, if they are wrong or name no history.</summary>
    public static HistoryOptions? ReadOptions(CommandContext context, bool needsTarget = true)
    {
        if (context.LoadConfiguration() is not { } configuration) return null;
        var reader = new SettingsReader(configuration);
        var history = HistorySettings.Read(reader);
        // The other sections are for the server and are not checked here.
        var unknown = reader.UnknownKeys().Where(problem => problem.StartsWith("History:", StringComparison.OrdinalIgnoreCase));
        List<string> problems = [.. reader.Errors, .. unknown];
        if (needsTarget && problems.Count == 0 && history is { Path: null, Postgres: null })
            problems.Add("No history is given; write --History:Url=postgres://USER@HOST/DATABASE, or --History:Path=FILE.");
        if (problems.Count == 0) return history;
        context.Refuse(problems);
        return null;
    }

    /// <summary>Runs a tool; one sentence and a failure if the store fails.</summary>
    public static int Guard(CommandContext context, Func<int> tool)
    {
        try
        {
            return tool();
        }
        catch (Exception exception) when (exception is StoreException or IOException or UnauthorizedAccessException)
        {
            // A store that cannot be used, or an output pipe that was closed.
            context.Error.WriteLine(exception.Message);
            return ExitCode.Failure;
        }
    }

    private static int RunMigrate(CommandContext context)
    {
        if (ReadOptions(context, needsTarget: false) is not { } history) return ExitCode.Usage;
        if (context.Line.Has(Print)) return RunPrint(context, history.Schema);
        return history.Postgres is { } postgres
            ? Guard(context, () => RunMigrate(context, postgres))
            : context.Refuse(["No database is given; write --url postgres://USER@HOST/DATABASE."]);
    }

    private static int RunPrint(CommandContext context, string schema)
    {
        context.Output.Write(new PostgresSchema(schema).CreationScript());
        return ExitCode.Success;
    }

    private static int RunMigrate(CommandContext context, PostgresOptions options)
    {
        using var database = new PostgresDatabase(options);
        var outcome = PostgresMigration.Run(database.Session) switch
        {
            PostgresMigration.Outcome.Created => "was created",
            PostgresMigration.Outcome.Upgraded => "was upgraded",
            _ => "is up to date",
        };
        var place = $"The schema \"{options.Schema}\" at {database.Server}";
        context.Output.WriteLine(Invariant($"{place} {outcome}: version {PostgresSchema.Version}."));
        return ExitCode.Success;
    }

    private static int RunImport(CommandContext context)
    {
        if (context.Line.Value(From) is not { } from)
            return context.Refuse(["--from is missing; write --from FILE, --from URL or --from -."]);
        if (ReadOptions(context) is not { } history) return ExitCode.Usage;
        PostgresUrl? url = null;
        if (from.Contains("://", StringComparison.Ordinal) && !PostgresUrl.TryParse(from, out url, out var problem))
            return context.Refuse([$"--from {problem}"]);
        return Guard(context, () =>
        {
            using var source = OpenSource(from, url, history);
            using IHistoryTarget target = history.Postgres is { } postgres
                ? new PostgresTarget(postgres)
                : new SqliteTarget(history.Path!);
            var copy = HistoryCopy.Run(source, target);
            foreach (var block in copy.Damage.Values)
                context.Error.WriteLine($"Events {new EventId(block.FirstId)} to {new EventId(block.LastId)} of topic "
                    + $"{Encoding.UTF8.GetString(block.Topic)} are damaged and left out.");
            context.Output.WriteLine(Invariant($"{copy.Events} events imported."));
            return copy.Damage.Count > 0 ? ExitCode.Failure : ExitCode.Success;
        });
    }

    private static IHistorySource OpenSource(string from, PostgresUrl? url, HistoryOptions history)
    {
        if (url is not null)
            return new PostgresSource(new() { Url = url, Schema = history.Schema });
        if (from == "-") return new ExportSource(Console.In, "standard input", DateTimeOffset.UtcNow);
        return IsSqlite(from) ? new SqliteSource(from) : new ExportSource(File.OpenText(from), from, DateTimeOffset.UtcNow);
    }

    // SQLite's file format, section 1.3.1.
    private static bool IsSqlite(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[16];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length
            && magic.SequenceEqual("SQLite format 3\0"u8);
    }
}
