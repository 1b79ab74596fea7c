using System.Text;
using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

/// <summary>The store's file: who may open it, which files are refused, and how damage is noticed.</summary>
internal sealed class SqliteFileTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Test]
    public void Second_server_on_a_file_is_refused_while_the_first_runs()
    {
        using (var first = _directory.OpenStore())
        {
            using var second = new SqliteEventStore(_directory.File);
            var refusal = Assert.Throws<StoreException>(() => second.Open(1, 2));
            Assert.That(refusal!.Failure, Is.EqualTo(StoreFailure.Unavailable));
            Assert.That(refusal.Message, Is.EqualTo(
                $"The history {_directory.File} is in use by another sse-server; stop that one, or use another file for this one."));
        }

        using var next = new SqliteEventStore(_directory.File);
        Assert.DoesNotThrow(() => next.Open(1, 2));
    }

    // They have every event, of protected topics too. A umask can only remove rights from the requested mode.
    [Test]
    public void Files_are_for_the_servers_user_alone([Values] bool isThere)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("On Windows the directory's rights apply.");
            return;
        }

        string[] suffixes = ["", "-wal", "-shm", "-lock"];
        if (isThere)
        {
            using (var earlier = _directory.OpenStore()) earlier.Close(1);
            foreach (var suffix in suffixes.Where(suffix => File.Exists(_directory.File + suffix)))
                File.SetUnixFileMode(_directory.File + suffix, (UnixFileMode)0b110_110_110);
        }

        using var store = _directory.OpenStore();
        using var reader = store.OpenReader();
        foreach (var suffix in suffixes)
            Assert.That(File.GetUnixFileMode(_directory.File + suffix), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite),
                "history.db" + suffix);
    }

    [Test]
    public void Missing_directory_is_one_sentence()
    {
        using var store = new SqliteEventStore(Path.Combine(_directory.Name, "none", "history.db"));

        var refusal = Assert.Throws<StoreException>(() => store.Open(1, 2));

        Assert.That(refusal!.Failure, Is.EqualTo(StoreFailure.Unavailable));
        Assert.That(refusal.Message, Does.StartWith($"The directory {_directory.Name}/none of the history"));
        Assert.That(refusal.Message, Does.EndWith("does not exist; create it, and let the server's user write it."));
    }

    [Test]
    public void Directory_in_place_of_the_file_is_one_sentence()
    {
        using var store = new SqliteEventStore(_directory.Name);

        Assert.That(Assert.Throws<StoreException>(() => store.Open(1, 2))!.Message, Does.EndWith("is a directory; name a file in it."));
    }

    [Test]
    public void File_that_is_no_database_is_refused_and_left_alone()
    {
        var text = Encoding.ASCII.GetBytes(new string('x', 5000));
        File.WriteAllBytes(_directory.File, text);

        Assert.That(Refusal().Failure, Is.EqualTo(StoreFailure.Corrupt));
        Assert.That(File.ReadAllBytes(_directory.File), Is.EqualTo(text));
    }

    [Test]
    public void Database_of_another_program_is_refused_and_left_alone()
    {
        Run("CREATE TABLE theirs (x); PRAGMA user_version = 1");

        var refusal = Refusal();

        Assert.That(refusal.Failure, Is.EqualTo(StoreFailure.Corrupt));
        Assert.That(refusal.Message, Does.Contain("another program's"));
        Assert.That(_directory.Query("SELECT count(*) FROM sqlite_schema"), Is.EqualTo(1));
    }

    [Test]
    public void Newer_format_is_refused_and_left_alone()
    {
        using (_directory.OpenStore())
        {
            // Creates the file.
        }

        Run("PRAGMA user_version = 5");

        Assert.That(Refusal().Message, Is.EqualTo($"The history {_directory.File} has format 5, and this sse-server reads formats up to "
            + "4; use the newer version that wrote it."));
        Assert.That(_directory.Query("PRAGMA user_version"), Is.EqualTo(5));
    }

    [Test]
    public void Older_format_is_brought_to_this_one_and_keeps_its_events()
    {
        using (var old = _directory.OpenStore()) StoreEvents.Commit(old, new StoredEvent("t", 5, "kept"));
        IReadOnlyList<string> steps =
            [.. StoreSchema.Steps, "ALTER TABLE topics ADD COLUMN note TEXT", "UPDATE topics SET note = 'migrated'"];

        using (var store = new SqliteEventStore(_directory.File, steps))
        {
            store.Open(10, 20);
            using var reader = store.OpenReader();
            Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("t")), Is.EqualTo(new long[] { 5 }));
        }

        Assert.That(_directory.Query("PRAGMA user_version"), Is.EqualTo(StoreSchema.Steps.Count + 2));
        Assert.That(_directory.Query("SELECT count(*) FROM topics WHERE note = 'migrated'"), Is.EqualTo(1));
    }

    [Test]
    public void Publisher_ids_of_format_3_get_no_digest()
    {
        using (var old = _directory.OpenStore()) StoreEvents.Commit(old, new StoredEvent("t", 5, "old", "x") { Digest = 7 });
        Run("ALTER TABLE publisher_ids DROP COLUMN digest; PRAGMA user_version = 3");

        using var store = _directory.OpenStore();
        StoreEvents.Commit(store, new StoredEvent("t", 1_000_001, "new", "x") { Digest = 8 });
        var locations = new List<StoredLocation>();
        store.FindPublisherId("x"u8, locations);

        Assert.That(locations.Select(location => (location.Id, location.Digest)), Is.EqualTo(new[] { (5L, 0L), (1_000_001L, 8L) }));
    }

    [Test]
    public void Migration_that_fails_leaves_the_last_format_that_was_reached()
    {
        using (_directory.OpenStore())
        {
            // Creates the file.
        }

        string[] steps = [.. StoreSchema.Steps, "CREATE TABLE second (x)", "CREATE TABLE third (x); NONSENSE"];
        using (var store = new SqliteEventStore(_directory.File, steps))
            Assert.Throws<StoreException>(() => store.Open(10, 20));

        Assert.That(_directory.Query("PRAGMA user_version"), Is.EqualTo(StoreSchema.Steps.Count + 1));
        Assert.That(_directory.Query("SELECT count(*) FROM sqlite_schema WHERE name IN ('second', 'third')"), Is.EqualTo(1));
    }

    [Test]
    public void Every_commit_is_synced_and_free_pages_can_be_given_back()
    {
        using (_directory.OpenStore())
        {
            // Creates the file.
        }

        Assert.That(_directory.Query("PRAGMA auto_vacuum"), Is.EqualTo(2), "incremental");
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWrite);
        StoreSchema.Prepare(database, StoreSchema.Steps);
        Assert.That(database.QueryNumber("PRAGMA synchronous"), Is.EqualTo(2), "FULL");
    }

    [Test]
    public void Damaged_block_is_noticed_and_no_byte_of_it_is_sent()
    {
        using (var store = _directory.OpenStore()) StoreEvents.Commit(store, new StoredEvent("t", 5, "kept"), new("t", 6, "kept"));
        // The last letter of both events' data, "kept", becomes another.
        Run("UPDATE blocks SET data = unhex(replace(hex(data), '6B657074', '6B657073'))");

        using var again = _directory.OpenStore();
        using var reader = again.OpenReader();
        var page = new StoredPage();
        reader.Read(StoreEvents.Select("t"), 0, 10, page);

        Assert.That((page.Count, page.IsEnd), Is.EqualTo((0, true)));
        Assert.That(page.Damage.Select(block => (StoreEvents.Utf8("t").AsSpan().SequenceEqual(block.Topic), block.FirstId, block.LastId)),
            Is.EqualTo(new[] { (true, 5L, 6L) }));
    }

    [Test]
    public void Block_in_another_row_is_noticed()
    {
        using (var store = _directory.OpenStore())
        {
            StoreEvents.Commit(store, new StoredEvent("t", 5, "one"));
            StoreEvents.Commit(store, new StoredEvent("t", 6, "two"));
        }

        Run("UPDATE blocks SET data = (SELECT data FROM blocks WHERE first_id = 5) WHERE first_id = 6");
        using var again = _directory.OpenStore();
        using var reader = again.OpenReader();

        Assert.That(StoreEvents.ReadWithDamage(reader, StoreEvents.Select("t"))
            .Select(e => (e.Id, e.Frame.Length > 0)), Is.EqualTo(new[] { (5L, true), (6L, false) }));
    }

    [Test]
    public void Commit_that_fails_stores_nothing_and_the_next_one_works()
    {
        using var store = _directory.OpenStore();
        StoreEvents.Commit(store, new StoredEvent("t", 5, "kept", "first"));
        Run("CREATE TRIGGER full BEFORE UPDATE OF high_water ON store BEGIN SELECT RAISE(ABORT, 'planted'); END");

        StoredEvent[] refused = [new("t", 6, "lost", "second"), new("new", 7, "lost")];
        Assert.Throws<StoreException>(() => StoreEvents.Commit(store, refused));
        Run("DROP TRIGGER full");
        StoreEvents.Commit(store, new StoredEvent("new", 7, "kept"), new("t", 8, "kept"));

        using var reader = store.OpenReader();
        Assert.That(StoreEvents.ReadIds(reader, StoreEvents.Select("**")), Is.EqualTo(new long[] { 5, 7, 8 }));
        var locations = new List<StoredLocation>();
        store.FindPublisherId("second"u8, locations);
        Assert.That(locations, Is.Empty);
        store.Dispose();
        using var again = new SqliteEventStore(_directory.File);
        Assert.That(again.Open(10, 20).Topics.Select(topic => topic.Count).Order(), Is.EqualTo(new[] { 1L, 2L }));
    }

    private StoreException Refusal()
    {
        using var store = new SqliteEventStore(_directory.File);
        return Assert.Throws<StoreException>(() => store.Open(1, 2))!;
    }

    private void Run(string sql)
    {
        using var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWriteCreate);
        database.Execute(sql);
    }
}
