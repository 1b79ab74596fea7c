using System.Text;
using SseServer.History.Sqlite;
using SseServer.Hosting;
using SseServer.Hosting.Commands;
using SseServer.Hosting.Transfer;
using SseServer.Protocol.EventStream;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary><c>sse-server history import</c> and <c>export</c> between a file and a database.</summary>
internal sealed class HistoryTransferTests : IDisposable
{
    // 2026-01-31T12:00:00Z
    private static readonly long Noon = EventId.FirstAt(1769860800000).Value;

    private readonly StoreDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string CopyPath => Path.Combine(_directory.Name, "copy.db");

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task A_file_goes_to_a_database_and_back_with_everything()
    {
        var history = await PostgresHistory.CreateAsync();
        Fill();
        var before = await ExportAsync("--History:Path", _directory.File);

        await ImportAsync("--from", _directory.File, "--url", history.Url);
        var between = await ExportAsync("--History:Url", history.Url);
        await ImportAsync("--from", history.Url, "--History:Path", CopyPath);

        Assert.That(between, Is.EqualTo(before));
        Assert.That(await ExportAsync("--History:Path", CopyPath), Is.EqualTo(before));
        Assert.That(await RunAsync("check", "--History:Path", CopyPath), Is.EqualTo(ExitCode.Success), _error.ToString());
        using var source = new SqliteSource(_directory.File);
        using var copy = new SqliteSource(CopyPath);
        Assert.That(Describe(copy.Marks), Is.EqualTo(Describe(source.Marks)));
        Assert.That(copy.Marks.HighWater, Is.GreaterThanOrEqualTo(source.Marks.HighWater));
    }

    [Test]
    public async Task A_database_that_goes_to_a_file_may_have_another_schema()
    {
        var history = await PostgresHistory.CreateAsync(schema: "live");
        Fill();
        await ImportAsync("--from", _directory.File, "--url", history.Url, "--History:Schema", "live");

        await ImportAsync("--from", history.Url, "--History:Schema", "live", "--History:Path", CopyPath);

        Assert.That(await ExportAsync("--History:Path", CopyPath), Is.EqualTo(await ExportAsync("--History:Path", _directory.File)));
    }

    [Test]
    public async Task Publisher_ids_are_recognized_and_new_ids_are_above_all_that_were_shown()
    {
        var history = await PostgresHistory.CreateAsync();
        Fill();
        await ImportAsync("--from", _directory.File, "--url", history.Url);

        await using var session = await history.Database.OpenAsync();
        await session.ExecuteAsync("""
            select sse.publish('a', 'new', id => 'p-1', key => 'k');
            select sse.publish('a', 'other', id => 'p-1');
            select sse.publish('ended', 'late');
            select sse.publish('deleted', 'again')
            """);
        await session.DrainAsync();

        Assert.That(
            await session.QueryAsync<string>("select reason || ' ' || topic from sse.rejected order by number"),
            Is.EqualTo(new[] { "id_conflict a", "topic_ended ended" }));
        Assert.That((await session.ReadEventsAsync())[^1], Is.EqualTo("deleted data: again"));
        Assert.That(await session.ReadAsync<long>("select max(id) from sse.events"), Is.GreaterThan(Noon + 1000));
    }

    [Test]
    public async Task A_server_opens_the_database_with_the_files_lives_and_marks()
    {
        var history = await PostgresHistory.CreateAsync();
        Fill();
        await RunAsync("import", "--from", _directory.File, "--url", history.Url);
        using var source = new SqliteSource(_directory.File);
        using var store = history.NewStore();

        var start = store.Open();

        Assert.That(start.Origin, Is.EqualTo(source.Marks.Origin));
        Assert.That(start.Floor, Is.EqualTo(source.Marks.Floor));
        foreach (var life in source.Marks.Lives) Assert.That(start.Lives, Does.Contain(life));
        Assert.That(start.FirstId, Is.GreaterThan(source.Marks.HighWater));
    }

    [Test]
    public async Task An_export_with_event_ids_is_imported_with_them()
    {
        Fill();
        var lines = await ExportAsync("--History:Path", _directory.File);
        var file = Path.Combine(_directory.Name, "events.ndjson");
        await File.WriteAllTextAsync(file, lines);

        await ImportAsync("--from", file, "--History:Path", CopyPath);

        Assert.That(await ExportAsync("--History:Path", CopyPath), Is.EqualTo(lines));
        Assert.That(await RunAsync("check", "--History:Path", CopyPath), Is.EqualTo(ExitCode.Success), _error.ToString());
    }

    [Test]
    public async Task An_export_without_event_ids_gets_new_ones_in_the_same_order()
    {
        var history = await PostgresHistory.CreateAsync();
        Fill();
        Assert.That(await RunAsync("export", "--History:Path", _directory.File), Is.EqualTo(ExitCode.Success));
        var lines = Take(_output);
        var file = Path.Combine(_directory.Name, "events.ndjson");
        await File.WriteAllTextAsync(file, lines);

        await ImportAsync("--from", file, "--url", history.Url);
        Take(_output);
        Assert.That(await RunAsync("export", "--History:Url", history.Url), Is.EqualTo(ExitCode.Success), _error.ToString());

        Assert.That(Take(_output), Is.EqualTo(lines));
    }

    [Test]
    public async Task A_target_that_is_not_empty_is_refused()
    {
        var history = await PostgresHistory.CreateAsync();
        Fill();
        await RunAsync("import", "--from", _directory.File, "--url", history.Url);
        await RunAsync("import", "--from", _directory.File, "--History:Path", CopyPath);
        Take(_error);

        Assert.That(await RunAsync("import", "--from", _directory.File, "--url", history.Url), Is.EqualTo(ExitCode.Failure));
        Assert.That(Take(_error).TrimEnd(), Is.EqualTo(
            $"The history in the schema \"sse\" at 127.0.0.1:{history.Database.Cluster.Port} is not empty; import into a new one: set "
            + "History:Schema to another name, and run 'sse-server history migrate'."));
        Assert.That(await RunAsync("import", "--from", _directory.File, "--History:Path", CopyPath), Is.EqualTo(ExitCode.Failure));
        Assert.That(
            Take(_error).TrimEnd(), Is.EqualTo($"The history {CopyPath} is not empty; import into a file that does not exist yet."));
    }

    [TestCase("{\"topic\":\"a\"}", "line 1: the event has no data.")]
    [TestCase("{\"topic\":\"a\",\"data\":\"x\",\"eventId\":\"5-0\"}\n\n{\"topic\":\"a\",\"data\":\"x\",\"eventId\":\"5-0\"}",
        "line 3: the event id 5-0 is not above those of the lines before it.")]
    [TestCase("{\"topic\":\"a\",\"data\":\"x\",\"eventId\":\"5\"}", "line 1: eventId is not an event id.")]
    [TestCase("no", "line 1: this is not valid JSON; give a file that 'sse-server history export' wrote.")]
    [TestCase("[]", "line 1: this is not a JSON object; give a file that 'sse-server history export' wrote.")]
    [TestCase("{\"topic\":7,\"data\":\"x\"}", "line 1: this is not valid JSON; give a file that 'sse-server history export' wrote.")]
    public async Task A_line_that_is_no_event_is_named(string lines, string sentence)
    {
        var file = Path.Combine(_directory.Name, "events.ndjson");
        await File.WriteAllTextAsync(file, lines);

        Assert.That(await RunAsync("import", "--from", file, "--History:Path", CopyPath), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo($"{file}, {sentence}"));
    }

    [TestCase("--from x", "No history is given; write --History:Url=postgres://USER@HOST/DATABASE, or --History:Path=FILE.")]
    [TestCase("--History:Path=x", "--from is missing; write --from FILE, --from URL or --from -.")]
    [TestCase("--History:Path=x --from mysql://a@b/c", "--from must begin with postgres://, as in postgres://sse@db.example.org/sse.")]
    public async Task Wrong_use_ends_with_2_and_one_sentence(string arguments, string sentence)
    {
        Assert.That(await RunAsync(["import", .. arguments.Split(' ')]), Is.EqualTo(ExitCode.Usage));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo(sentence));
    }

    private static string Describe(HistoryMarks marks)
        => $"{marks.Origin} {marks.Floor} [{string.Join(", ", marks.Lives)}]\n" + string.Join('\n', marks.Topics
            .Select(topic => $"{Encoding.UTF8.GetString(topic.Name)} {topic.LastId} {topic.LostThrough} {topic.TrimmedThrough} "
                + $"{topic.Kept} {topic.EndId} {topic.DeletedId}")
            .Order(StringComparer.Ordinal));

    // Two lives; events with all fields; a kept event beyond trimming; ends with and without an event; a topic that only its marks are left
    // of, and one that was deleted, and one that was removed.
    private void Fill()
    {
        using (var store = new SqliteEventStore(_directory.File))
        {
            store.Open(Noon, Noon);
            StoreEvents.Commit(store, new StoredEvent("a", Noon + 1, "kept") { Key = "ä \"1\"" }, new("a", Noon + 2, "gone"));
            StoreEvents.Commit(store, new StoredEvent("b", Noon + 3, "\n two\r\nlines ", "i b", "näme", 2500), new("gone", Noon + 4, "x"));
            StoreEvents.Commit(store, new StoredEvent("removed", Noon + 5, "x"), new("deleted", Noon + 6, "x"));
            StoreEvents.TrimTo(store, "gone", new(0, 1, Noon + 100));
            StoreEvents.TrimTo(store, "removed", new(0, 1, Noon + 100));
            store.RemoveTopic("removed"u8);
            store.DeleteTopic("deleted"u8, Noon + 7, Noon + 8);
            store.Close(Noon + 100);
        }

        using (var store = new SqliteEventStore(_directory.File))
        {
            store.Open(Noon + 200, Noon + 200);
            StoreEvents.Commit(store,
                new StoredEvent("a", Noon + 201, "old") { Key = "k" },
                new StoredEvent("a", Noon + 202, "new", "p-1") { Key = "k", Digest = 0 },
                new StoredEvent("ended", Noon + 203, "done") { IsFinal = true });
            StoreEvents.TrimTo(store, "a", new(2, long.MaxValue, 0));
            store.Close(Noon + 300);
        }
    }

    private async Task<string> ExportAsync(params string[] args)
    {
        Take(_output);
        Assert.That(await RunAsync(["export", "--event-ids", .. args]), Is.EqualTo(ExitCode.Success), _error.ToString());
        return Take(_output);
    }

    private async Task ImportAsync(params string[] args)
        => Assert.That(await RunAsync(["import", .. args]), Is.EqualTo(ExitCode.Success), _error.ToString());

    private static string Take(StringWriter writer)
    {
        var text = writer.ToString();
        writer.GetStringBuilder().Clear();
        return text;
    }

    private Task<int> RunAsync(params string[] args) => ServerProgram.RunAsync(["history", .. args], [], _output, _error, _ => { });
}
