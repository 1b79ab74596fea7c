using SseServer.Tests.History.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>
/// A power cut loses any part of what was written and not synced. One run of a writer is recorded, operation by operation; the disk is then
/// put together as it may be after a cut at any point of the run.
/// </summary>
[Platform("Linux")]
internal sealed class PowerCutTests : IDisposable
{
    private const int Commits = 150;
    private const string Journal = "journal";

    private static List<DiskOperation> _run = [];

    private readonly StoreDirectory _cut = new();

    [OneTimeSetUp]
    public static async Task RecordAsync()
    {
        using var directory = new StoreDirectory();
        using var logs = new StoreDirectory();
        var log = Path.Combine(logs.Name, "log");
        using var writer = new WriterProcess([directory.File, $"{Commits}", Path.Combine(directory.Name, Journal)],
            start => FaultyDisk.PutUnder(start, directory.Name, log, Path.Combine(logs.Name, "fault")));
        Assert.That(await writer.ExitsAsync(), Is.Zero);
        _run = DiskOperation.ReadLog(log);
    }

    public void Dispose() => _cut.Dispose();

    [Test]
    public void Each_commit_is_synced_before_it_is_acknowledged()
    {
        var files = new Dictionary<string, DiskFile>();
        var (acknowledged, syncs) = (0, 0);
        foreach (var operation in _run)
        {
            Do(files, operation);
            if (operation is { Kind: 'S', Name: "history.db-wal" }) syncs++;
            if (!IsAcknowledgement(operation)) continue;
            acknowledged++;
            Assert.That(files["history.db-wal"].HasPending, Is.False, $"commit {acknowledged}");
        }

        Assert.That(acknowledged, Is.EqualTo(Commits));
        Assert.That(syncs, Is.GreaterThanOrEqualTo(Commits));
    }

    [Test]
    public void Power_cut_anywhere_loses_nothing_that_was_acknowledged()
    {
        var random = new Random(20);
        var first = _run.FindIndex(IsAcknowledgement);
        var cuts = Enumerable.Range(0, Scale.IsLong ? 1000 : 20).Select(_ => random.Next(first, _run.Count)).ToHashSet();

        // All, none, or any part of what was not synced.
        Assert.That(Cut(cuts, random, [0, 0.5, 1], obeysSync: true), Is.Empty);
    }

    [Test]
    public void Disk_that_ignores_syncs_is_noticed_by_the_same_check()
    {
        HashSet<int> cuts = [_run.Count / 2, _run.Count - 10];

        Assert.That(Cut(cuts, new Random(21), [0], obeysSync: false), Has.Count.EqualTo(2));
    }

    private List<string> Cut(HashSet<int> cuts, Random random, double[] kept, bool obeysSync)
    {
        var files = new Dictionary<string, DiskFile>();
        var problems = new List<string>();
        var acknowledged = 0;
        for (var i = 0; i < _run.Count; i++)
        {
            if (cuts.Contains(i))
            {
                PutTogether(files, random, kept[random.Next(kept.Length)]);
                var problem = StoredCommits.Problem(Path.Combine(_cut.Name, "history.db"), acknowledged);
                if (problem is not null) problems.Add($"Cut at {i}: {problem}");
            }

            if (IsAcknowledgement(_run[i])) acknowledged++;
            if (obeysSync || _run[i].Kind != 'S' || acknowledged == 0) Do(files, _run[i]);
        }

        return problems;
    }

    private void PutTogether(Dictionary<string, DiskFile> files, Random random, double kept)
    {
        foreach (var file in Directory.GetFiles(_cut.Name)) File.Delete(file);
        foreach (var (name, file) in files) File.WriteAllBytes(Path.Combine(_cut.Name, name), file.AfterPowerCut(random, kept));
    }

    private static void Do(Dictionary<string, DiskFile> files, DiskOperation operation)
    {
        // The index of the write-ahead log is in memory, and is rebuilt from the log.
        if (operation.Name is not ("history.db" or "history.db-wal")) return;
        if (operation.Kind == 'U') files.Remove(operation.Name);
        else if (files.TryGetValue(operation.Name, out var file)) file.Do(operation);
        else (files[operation.Name] = new DiskFile()).Do(operation);
    }

    private static bool IsAcknowledgement(DiskOperation operation)
        => operation is { Name: Journal, Bytes: [>= (byte)'0' and <= (byte)'9', ..] };
}
