using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Sqlite;

/// <summary>
/// Only one server uses a file, by whatever path, and no event is acknowledged that went to a file that is no longer at the path.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
internal sealed class SqliteFilePlaceTests : IDisposable
{
    private readonly StoreDirectory _directory = new();

    private string Aside => _directory.File + ".aside";

    public void Dispose() => _directory.Dispose();

    [TestCase("symbolic link")]
    [TestCase("hard link")]
    [TestCase("lock file deleted")]
    [TestCase("lock file replaced")]
    public void Second_server_is_refused_whatever_path_it_uses(string way)
    {
        using var first = new SqliteEventStore(_directory.File);
        first.Open(1, 2);
        var path = _directory.File;
        switch (way)
        {
            case "symbolic link":
                File.CreateSymbolicLink(path = Path.Combine(_directory.Name, "link.db"), _directory.File);
                break;
            case "hard link":
                Link(_directory.File, path = Path.Combine(_directory.Name, "link.db"));
                break;
            case "lock file deleted":
                File.Delete(path + "-lock");
                break;
            default:
                File.Delete(path + "-lock");
                File.WriteAllText(path + "-lock", "");
                break;
        }

        using var second = new SqliteEventStore(path);
        var refusal = Assert.Throws<StoreException>(() => second.Open(1, 2));

        Assert.That(refusal!.Message, Is.EqualTo($"The history {path} is in use by another sse-server; stop that one, or use "
            + "another file for this one."));
        StoreEvents.Commit(first, new StoredEvent("a", 5, "still works"));
    }

    [TestCase("deleted", "was deleted or moved while the server uses it")]
    [TestCase("moved", "was deleted or moved while the server uses it")]
    [TestCase("replaced", "was replaced by another file while the server uses it")]
    [TestCase("log deleted", "was deleted or replaced while the server uses it; restart the server")]
    public void Publishing_is_refused_while_the_file_is_not_in_its_place(string what, string reason)
    {
        using var hub = new TestHub(store: new SqliteEventStore(_directory.File));
        var subscription = hub.SubscribeLive("a");
        hub.Publish("a", "one");

        Take(what);

        Assert.That(hub.Begin("a", "refused").Status.Result, Is.EqualTo(HubStatus.StoreMissing));
        Assert.That(hub.Hub.HistoryState, Is.EqualTo(HistoryState.Missing));
        using (var store = new SqliteEventStore(Path.Combine(_directory.Name, "other.db")))
        {
            store.Open(1, 2);
            var path = Path.Combine(_directory.Name, "other.db");
            if (what == "log deleted") File.Delete(path + "-wal");
            else if (what == "replaced") File.Move(_directory.File, path, overwrite: true);
            else File.Delete(path);
            var failure = Assert.Throws<StoreException>(() => StoreEvents.Commit(store, new StoredEvent("a", 5, "lost")));
            Assert.That((failure!.Failure, failure.Message), Is.EqualTo((StoreFailure.Missing, failure.Message)));
            Assert.That(failure.Message, Does.Contain(reason));
        }

        subscription.WaitForData("one");
    }

    [Test]
    public void A_file_that_comes_back_is_written_again_and_nothing_is_lost()
    {
        using (var hub = new TestHub(store: new SqliteEventStore(_directory.File)))
        {
            hub.Publish("a", "one");
            File.Move(_directory.File, Aside);
            Assert.That(hub.Begin("a", "refused").Status.Result, Is.EqualTo(HubStatus.StoreMissing));

            File.Move(Aside, _directory.File);
            hub.Publish("a", "two");
            Assert.That(hub.Hub.HistoryState, Is.EqualTo(HistoryState.Ok));
        }

        using var next = new TestHub(store: new SqliteEventStore(_directory.File));
        next.Subscribe(ResumePoint.Oldest, "a").WaitForData("one", "two");
    }

    [Test]
    public void Health_notices_a_file_that_goes_and_comes_back_without_a_publish()
    {
        using var hub = new TestHub(store: new SqliteEventStore(_directory.File));
        File.Move(_directory.File, Aside);
        WaitFor(HistoryState.Missing);
        File.Move(Aside, _directory.File);
        WaitFor(HistoryState.Ok);

        void WaitFor(HistoryState state) => Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return hub.Hub.HistoryState == state;
        });
    }

    [Test]
    public void Fast_events_are_refused_once_the_file_is_known_to_be_gone()
    {
        using var hub = new TestHub(HubOptions.Default with { Shards = 1, Durability = Durability.Async },
            store: new SqliteEventStore(_directory.File));
        hub.Publish("a", "one");
        File.Move(_directory.File, Aside);
        Eventually.True(() =>
        {
            hub.Time.Advance(TimeSpan.FromSeconds(1));
            return hub.Hub.HistoryState == HistoryState.Missing;
        });

        Assert.That(hub.Begin("a", "refused").Status.Result, Is.EqualTo(HubStatus.StoreMissing));
        File.Move(Aside, _directory.File);
    }

    [Test]
    public void A_server_that_stops_leaves_files_alone_that_replaced_its_own()
    {
        var store = new SqliteEventStore(_directory.File);
        store.Open(1, 2);
        StoreEvents.Commit(store, new StoredEvent("a", 5, "one"));
        File.Move(_directory.File, Aside);
        File.Move(_directory.File + "-wal", Aside + "-wal");
        File.WriteAllText(_directory.File, "another's");
        File.WriteAllText(_directory.File + "-wal", "another's log");

        store.Dispose();

        Assert.That(File.ReadAllText(_directory.File + "-wal"), Is.EqualTo("another's log"));
        File.Move(Aside, _directory.File, overwrite: true);
        File.Move(Aside + "-wal", _directory.File + "-wal", overwrite: true);
        using var again = new SqliteEventStore(_directory.File);
        Assert.That(again.Open(10, 20).LastId, Is.EqualTo(5));
    }

    private void Take(string what)
    {
        switch (what)
        {
            case "deleted":
                File.Delete(_directory.File);
                break;
            case "moved":
                File.Move(_directory.File, Aside);
                break;
            case "replaced":
                File.WriteAllText(Aside, "another");
                File.Move(Aside, _directory.File, overwrite: true);
                break;
            default:
                File.Delete(_directory.File + "-wal");
                break;
        }
    }

    private static void Link(string existing, string path)
    {
        using var process = System.Diagnostics.Process.Start("ln", [existing, path]);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
    }
}
