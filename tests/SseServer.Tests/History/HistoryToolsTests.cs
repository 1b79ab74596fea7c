using System.Text.Json;
using SseServer.History.Sqlite;
using SseServer.Hosting;
using SseServer.Hosting.Commands;
using SseServer.Protocol.EventStream;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History;

/// <summary><c>sse-server history</c> as users see it: arguments in, text and an exit code out.</summary>
internal sealed class HistoryToolsTests : IDisposable
{
    // 2026-01-31T12:00:00Z
    private static readonly long Noon = EventId.FirstAt(1769860800000).Value;

    private readonly StoreDirectory _directory = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public async Task Check_finds_nothing_in_a_sound_history_even_while_a_server_has_it_open()
    {
        using var store = Fill();

        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Success));
        Assert.That(_output.ToString(), Does.StartWith($"{_directory.File} is OK: 3 events; checksums, order and totals verified."));
        Assert.That(_error.ToString(), Is.Empty);
    }

    [TestCase("UPDATE blocks SET data = zeroblob(length(data)) WHERE topic_id = 2",
        "The block of events 1769860800000-1 to 1769860800000-1 of topic b fails its checksum; these events cannot be read.")]
    [TestCase("UPDATE topics SET count = count + 1 WHERE topic_id = 1", "The totals of topic a do not match its blocks.")]
    [TestCase("UPDATE topics SET bytes = 1 WHERE topic_id = 1", "The totals of topic a do not match its blocks.")]
    [TestCase("DELETE FROM blocks WHERE topic_id = 2", "The totals of topic b do not match its blocks.")]
    [TestCase("DELETE FROM topics WHERE topic_id = 2", "There are blocks of 1 topics that do not exist.")]
    [TestCase("UPDATE blocks SET stretch_id = stretch_id + 9 WHERE topic_id = 2",
        "The block that begins with event 1769860800000-1 is out of place.")]
    [TestCase("UPDATE blocks SET last_id = last_id + 1 WHERE topic_id = 2",
        "The block that begins with event 1769860800000-1 has other events than its row says.")]
    [TestCase("DELETE FROM publisher_ids", "The publisher's id of event 1769860800000-2 is missing, so a repeat would not be recognized.")]
    [TestCase("INSERT INTO publisher_ids VALUES (x'61', 1, 1, 0)", "2 publisher ids are stored, but 1 events have one.")]
    [TestCase("UPDATE topics SET evicted_through = 1 WHERE topic_id = 1", "The row of topic a fails its checksum.")]
    [TestCase("UPDATE store SET unclean_through = 1", "The row of the store fails its checksum.")]
    [TestCase("UPDATE lives SET last_id = last_id + 1", "A row of the history's lives fails its checksum.")]
    [TestCase("UPDATE store SET last_id = 1",
        "The store's last id and high-water mark are below the ids of its events; a server would assign ids twice.")]
    public async Task Check_names_what_is_wrong(string damage, string sentence)
    {
        using (var store = Fill()) store.Close(Noon + 2);
        Damage(damage);

        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString().Split(Environment.NewLine), Does.Contain(sentence));
        Assert.That(_error.ToString(), Does.Contain($"{_directory.File} is damaged"));
    }

    [Test]
    public async Task Check_finds_a_damaged_page()
    {
        using (var store = Fill()) store.Close(Noon + 2);
        using (var file = new FileStream(_directory.File, FileMode.Open))
        {
            // The last page belongs to an index or a table.
            file.Position = file.Length - 4096;
            file.Write(new byte[64]);
        }

        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString(), Is.Not.Empty);
    }

    [Test]
    public async Task Stats_tell_size_events_and_topics()
    {
        using var store = Fill();

        Assert.That(await RunAsync("stats"), Is.EqualTo(ExitCode.Success));

        var text = _output.ToString();
        Assert.That(text, Does.StartWith($"{_directory.File}, format 4, in use, or not closed cleanly"));
        Assert.That(text, Does.Contain("Events  3 of ").And.Contain(" in 2 blocks and 2 topics"));
        Assert.That(text, Does.Match(@"\n +2 +\d+  2026-01-31T12:00:00Z  2026-01-31T12:00:00Z  a\r?\n"));
    }

    [Test]
    public async Task Export_gives_a_line_an_event_in_id_order()
    {
        using var store = Fill();

        Assert.That(await RunAsync("export"), Is.EqualTo(ExitCode.Success));

        Assert.That(_output.ToString(), Is.EqualTo(
            "{\"topic\":\"a\",\"data\":\"one\"}\n"
            + "{\"topic\":\"b\",\"event\":\"named\",\"retry\":2500,\"data\":\" \\\"zwei\\\"\\n\\nünd €\"}\n"
            + "{\"topic\":\"a\",\"id\":\"p-1\",\"data\":\"\"}\n"));
        Assert.That(_error.ToString().Trim(), Is.EqualTo("3 events."));
    }

    [Test]
    public async Task Keys_and_ends_are_in_what_the_tools_say()
    {
        using var store = FillKeyed();

        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Success), _error.ToString());
        Assert.That(await RunAsync("stats"), Is.EqualTo(ExitCode.Success));
        Assert.That(
            _output.ToString(),
            Does.Match(@"\nKeys +2, of which 1 keep their newest event beyond retention\r?\nEnded +1 topics\r?\n")
                .And.Match(@"  b  \(ended\)\r?\n"));
        _output.GetStringBuilder().Clear();
        Assert.That(await RunAsync("export"), Is.EqualTo(ExitCode.Success));

        Assert.That(_output.ToString(), Is.EqualTo(
            "{\"topic\":\"a\",\"key\":\"ä \\\"1\\\"\",\"data\":\"kept\"}\n{\"topic\":\"a\",\"key\":\"k\",\"data\":\"old\"}\n"
            + "{\"topic\":\"a\",\"id\":\"p-1\",\"key\":\"k\",\"data\":\"new\"}\n{\"topic\":\"b\",\"final\":true,\"data\":\"done\"}\n"));
    }

    [TestCase("DELETE FROM keys WHERE key = x'6B'", "Event 1769860800000-3 is the newest of its key, but the table of keys names another.")]
    [TestCase("UPDATE keys SET id = id - 1 WHERE key = x'6B'",
        "Event 1769860800000-3 is the newest of its key, but the table of keys names another.")]
    [TestCase("INSERT INTO keys VALUES (1, x'7A', 5)", "3 keys are stored, but only 2 name an event with the key.")]
    [TestCase("UPDATE topics SET stale = 1 WHERE topic_id = 1", "The totals of topic a do not match its blocks.")]
    [TestCase("UPDATE topics SET end_id = 0", "The end of topic b does not match its final event.")]
    [TestCase("UPDATE topics SET end_id = last_id", "The end of topic a does not match its final event.")]
    [TestCase("DELETE FROM keyed_blocks", "The block that begins with event 1769860800000-2 has other events than its row says.")]
    [TestCase("INSERT INTO keyed_blocks VALUES (1, 1)", "2 blocks are marked as having keys, but 1 have some.")]
    public async Task Check_names_what_is_wrong_with_keys_and_ends(string damage, string sentence)
    {
        using (var store = FillKeyed()) store.Close(Noon + 9);
        Damage(damage);

        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString().Split(Environment.NewLine), Does.Contain(sentence));
    }

    [TestCase("--topic a", 2)]
    [TestCase("--topic b --topic nothing", 1)]
    [TestCase("--topic *", 3)]
    [TestCase("--since 1769860800000-0", 2)]
    [TestCase("--since 2026-01-31T12:00:00Z", 3)]
    [TestCase("--since 2026-01-31T12:00:01Z", 0)]
    [TestCase("--since all", 3)]
    public async Task Export_keeps_to_topics_and_a_beginning(string options, int events)
    {
        using var store = Fill();

        Assert.That(await RunAsync(["export", .. options.Split(' ')]), Is.EqualTo(ExitCode.Success));
        Assert.That(_output.ToString().Count(c => c == '\n'), Is.EqualTo(events));
    }

    [Test]
    public async Task End_that_no_event_carries_is_exported_without_data()
    {
        using var store = new SqliteEventStore(_directory.File);
        await using (var server = new ServerUnderTest(store: store))
            Assert.That((await server.SendAsync("POST", "/events/job?final=1")).Status, Is.EqualTo(201));

        Assert.That(await RunAsync("export"), Is.EqualTo(ExitCode.Success), _error.ToString());

        Assert.That(_output.ToString(), Is.EqualTo("{\"topic\":\"job\",\"final\":true}\n"));
    }

    [Test]
    public async Task Export_is_a_batch_that_a_server_takes_and_stores_the_same()
    {
        var random = new Random(3);
        string[] data = ["", " ", "a\nb", "\n", "x\n", "\"quotes\" \\ \t", "ümläut €𝄞", "{\"json\":[1,2]}", new('z', 70_000)];
        var events = Enumerable.Range(0, 200).Select(i => new StoredEvent(
            $"t/{random.Next(4)}",
            Noon + i,
            data[random.Next(data.Length)],
            i % 3 == 0 ? $"id {i} é" : null,
            i % 4 == 0 ? "näme" : null,
            i % 5 == 0 ? 1500 : -1)).ToList();
        using (var store = OpenStore()) StoreEvents.Commit(store, events);
        Assert.That(await RunAsync("export"), Is.EqualTo(ExitCode.Success));

        await using var server = new ServerUnderTest();
        var reply = await server.SendAsync("POST", "/events", _output.ToString(), "Content-Type: application/x-ndjson");
        Assert.That(reply.Status, Is.EqualTo(201), reply.Body);

        using var lines = new StringReader(_output.ToString());
        foreach (var e in events)
        {
            var line = JsonDocument.Parse(lines.ReadLine()!).RootElement;
            Assert.That(line.GetProperty("topic").GetString(), Is.EqualTo(e.Topic));
            Assert.That(line.GetProperty("data").GetString(), Is.EqualTo(e.Data));
            Assert.That(line.TryGetProperty("id", out var id) ? id.GetString() : null, Is.EqualTo(e.PublisherId));
            Assert.That(line.TryGetProperty("event", out var name) ? name.GetString() : null, Is.EqualTo(e.Name));
            Assert.That(line.TryGetProperty("retry", out var retry) ? retry.GetInt32() : -1, Is.EqualTo(e.Retry));
        }
    }

    [TestCase(new[] { "stats" }, "No history file is given; write --History:Path=FILE, or --config FILE with a file that sets it.")]
    [TestCase(new[] { "stats", "--History:Paht=x" }, "History:Paht is not a setting; did you mean History:Path?")]
    public async Task Wrong_use_ends_with_2_and_one_sentence(string[] args, string sentence)
    {
        var code = await ServerProgram.RunAsync(["history", .. args], [], _output, _error, _ => { });

        Assert.That(code, Is.EqualTo(ExitCode.Usage));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo(sentence));
    }

    [Test]
    public async Task Missing_file_is_not_created()
    {
        Assert.That(await RunAsync("check"), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo(
            $"The history {_directory.File} does not exist; set History:Path to the file that the server uses."));
        Assert.That(File.Exists(_directory.File), Is.False);
    }

    private Task<int> RunAsync(params string[] args)
        => ServerProgram.RunAsync(["history", .. args, "--History:Path", _directory.File], [], _output, _error, _ => { });

    private void Damage(string sql)
    {
        using var database = SqliteDatabase.Open(_directory.File, Microsoft.Data.Sqlite.SqliteOpenMode.ReadWrite);
        database.Execute(sql);
    }

    private SqliteEventStore OpenStore()
    {
        var store = new SqliteEventStore(_directory.File);
        store.Open(Noon, Noon);
        return store;
    }

    // A kept event in a compacted block, a superseded and a newest one within retention, and an end.
    private SqliteEventStore FillKeyed()
    {
        var store = OpenStore();
        StoreEvents.Commit(store, new StoredEvent("a", Noon, "kept") { Key = "ä \"1\"" }, new("a", Noon + 1, "gone"));
        StoreEvents.Commit(store, new StoredEvent("a", Noon + 2, "old") { Key = "k" }, new("a", Noon + 3, "new", "p-1") { Key = "k" });
        StoreEvents.Commit(store, new StoredEvent("b", Noon + 4, "done") { IsFinal = true });
        StoreEvents.TrimTo(store, "a", new(2, long.MaxValue, 0));
        return store;
    }

    private SqliteEventStore Fill()
    {
        var store = OpenStore();
        StoreEvents.Commit(store,
            new StoredEvent("a", Noon, "one"),
            new("b", Noon + 1, " \"zwei\"\n\nünd €", Name: "named", Retry: 2500),
            new("a", Noon + 2, "", "p-1"));
        return store;
    }
}
