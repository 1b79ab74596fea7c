using Microsoft.Data.Sqlite;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.History.Sqlite.Tools;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Sqlite;

/// <summary>
/// Whatever byte of a small file is changed, the check and the server report the same, and no reader loses an event silently or gets one
/// that was never written.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class SqliteDamageTests : IDisposable
{
    private const int Parts = 8;
    private const long Start = 1_000_000;

    private static readonly string[][] Selections = [["a"], ["keyed"], ["job"], ["a", "keyed", "job"], ["**"], ["*", "keyed"]];

    // Every byte of the first page, which has the header, and some of the others, unless a long run is asked for.
    private static readonly int Step = Environment.GetEnvironmentVariable("SSE_TEST_LONG") is null ? 11 : 1;

    private readonly StoreDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private enum Verdict
    {
        Sound,

        /// <summary>Some blocks cannot be read.</summary>
        Damaged,

        /// <summary>More than that.</summary>
        Broken,
    }

    private sealed record Content(Dictionary<string, List<(long Id, byte[] Frame, int PrefixLength)>> Events, StoreStart Start);

    [Test]
    public void Check_and_server_agree_whatever_byte_of_a_file_is_changed([Range(0, Parts - 1)] int part)
    {
        Fill();
        var bytes = File.ReadAllBytes(_directory.File);
        var expected = Read(_directory.File, "original", out var start, out _) is { } events ? new Content(events, start!)
            : throw new InvalidOperationException();
        var verdicts = new int[3];
        for (var at = part; at < bytes.Length; at += at < 512 ? Parts : Parts * Step)
        {
            foreach (var mask in new byte[] { 0xFF, 0x01 })
            {
                var path = Path.Combine(_directory.Name, $"{at}-{mask}.db");
                var changed = bytes.ToArray();
                changed[at] ^= mask;
                File.WriteAllBytes(path, changed);
                verdicts[(int)Check(path, $"byte {at} changed by {mask:x}", expected)]++;
                foreach (var file in Directory.GetFiles(_directory.Name, $"{at}-{mask}.db*")) File.Delete(file);
            }
        }

        Assert.That(verdicts, Is.All.Positive, "Some change nothing, some a block, some more.");
    }

    private static Verdict Check(string path, string what, Content expected)
    {
        var verdict = Judge(path, out var sentence);
        var events = Read(path, what, out var start, out var refusal);
        if (verdict == Verdict.Broken)
        {
            Assert.That(refusal, Is.Not.Null, $"{what}: the check says '{sentence}', and the server starts.");
            Assert.That(refusal, Does.Not.Contain('\n').And.Contain(path), what);
            return verdict;
        }

        Assert.That(refusal, Is.Null, $"{what}: the check says it is {verdict}.");
        Assert.That(Describe(start!, verdict == Verdict.Sound), Is.EqualTo(Describe(expected.Start, verdict == Verdict.Sound)), what);
        foreach (var (selection, read) in events!)
        {
            var all = expected.Events[selection];
            if (verdict == Verdict.Sound) Assert.That(read.Select(e => e.Id), Is.EqualTo(all.Select(e => e.Id)), $"{what}: {selection}");
            foreach (var e in read)
            {
                if (e.Frame.Length == 0) continue;
                var original = all.Find(other => other.Id == e.Id);
                Assert.That(original.Frame, Is.EqualTo(e.Frame), $"{what}: an event of {selection} was never written.");
            }

            var gaps = read.Where(e => e.Frame.Length == 0).ToList();
            foreach (var lost in all.Where(e => !read.Exists(other => other.Id == e.Id && other.Frame.Length > 0)))
                Assert.That(gaps.Exists(gap => gap.Id <= lost.Id && lost.Id <= gap.PrefixLength),
                    $"{what}: {lost.Id} of {selection} is lost silently.");
        }

        return verdict;
    }

    private static Verdict Judge(string path, out string sentence)
    {
        try
        {
            var check = HistoryCheck.Run(path);
            sentence = string.Join(" ", check.Problems);
            return check.Problems.Count > 0 ? Verdict.Broken : check.Damage.Count > 0 ? Verdict.Damaged : Verdict.Sound;
        }
        catch (StoreException exception)
        {
            sentence = exception.Message;
            return Verdict.Broken;
        }
    }

    /// <summary>
    /// What a server reads. Damage is an entry without a frame, whose id and prefix are its first and last id. Null if the server does not
    /// start.
    /// </summary>
    private static Dictionary<string, List<(long Id, byte[] Frame, int PrefixLength)>>? Read(
        string path, string what, out StoreStart? start, out string? refusal)
    {
        (start, refusal) = (null, null);
        var read = new Dictionary<string, List<(long, byte[], int)>>();
        using var store = new SqliteEventStore(path);
        try
        {
            start = store.Open(Start + 2000, Start + 2000);
        }
        catch (StoreException exception)
        {
            refusal = exception.Message;
            return null;
        }

        try
        {
            using var reader = store.OpenReader();
            foreach (var selection in Selections)
            {
                foreach (var latestOnly in new[] { false, true })
                    read[$"{string.Join(' ', selection)} {latestOnly}"] = StoreEvents.ReadWithDamage(reader,
                        StoreEvents.Select(selection) with { LatestOnly = latestOnly });
            }

            StoreEvents.Commit(store, new StoredEvent("a", Start + 2001, "new"));
            store.Close(Start + 2001);
        }
        catch (Exception exception)
        {
            Assert.Fail($"{what}: {exception}");
        }

        return read;
    }

    private static string Describe(StoreStart start, bool isSound)
        => string.Join('\n', start.Topics.OrderBy(topic => Convert.ToHexString(topic.Name))
            .Select(topic => $"{Convert.ToHexString(topic.Name)} {topic with { Name = [] }}"))
            + (isSound ? $"\n{start.Origin} {start.HighWater} {start.LastId} {start.Floor} {start.UncleanThrough} "
                + $"{string.Join(' ', start.Lives)}" : "");

    // Small pages, so that few bytes are unused, and blocks take several of them.
    private void Fill()
    {
        using (var database = SqliteDatabase.Open(_directory.File, SqliteOpenMode.ReadWriteCreate))
            database.Execute("PRAGMA page_size = 512; PRAGMA auto_vacuum = INCREMENTAL; CREATE TABLE x (y); DROP TABLE x; VACUUM");
        using (var store = new SqliteEventStore(_directory.File))
        {
            store.Open(Start, Start);
            StoreEvents.Commit(store, new("a", Start + 1, "one", "p-1"), new("keyed", Start + 2, "old") { Key = "k" },
                new("a", Start + 3, new string('x', 700)));
            StoreEvents.Commit(store, new("keyed", Start + 4, "kept") { Key = "l" }, new("keyed", Start + 5, "unkeyed"));
            StoreEvents.Commit(store, new StoredEvent("gone", Start + 6, "gone"));
            StoreEvents.Commit(store, new("keyed", Start + 7, "new") { Key = "k" }, new("job", Start + 8, "done") { IsFinal = true });
            StoreEvents.TrimTo(store, "keyed", new(1, long.MaxValue, 0));
            StoreEvents.TrimTo(store, "gone", new(1, long.MaxValue, Start + 7));
            store.RemoveTopic("gone"u8);
        }

        using (var store = new SqliteEventStore(_directory.File))
        {
            store.Open(Start + 1000, Start + 1000);
            StoreEvents.Commit(store, new StoredEvent("a", Start + 1001, "two"));
            StoreEvents.Commit(store, new StoredEvent("a", Start + 1002, "three", "p-2"));
            store.Close(Start + 1002);
        }
    }
}
