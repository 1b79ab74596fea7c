using SseServer.History;

namespace SseServer.Tests.History;

/// <summary>
/// A store in memory whose disk fails, blocks and crashes as the test says. <see cref="Crash"/> returns what a start after a crash at that
/// moment finds; <see cref="Reopen"/> what a start after a clean stop finds.
/// </summary>
internal sealed class MemoryEventStore : IOwnedStore
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly MemoryDisk _disk;
    private readonly HashSet<StoredPage> _pages = [];
    private int _failure = -1;
    private int _readFailure = -1;
    private int _commits;
    private int _trims;
    private bool _isClosed;
    private bool _isTrimming;
    private SemaphoreSlim? _trimSteps;
    private SemaphoreSlim? _readBegins;
    private SemaphoreSlim? _readEnds;

    public MemoryEventStore()
        : this(new MemoryDisk())
    {
    }

    private MemoryEventStore(MemoryDisk disk) => _disk = disk;

    /// <summary>Commits wait until it is set.</summary>
    public ManualResetEventSlim CommitsMayPass { get; } = new(true);

    /// <summary>Reads wait until it is set.</summary>
    public ManualResetEventSlim ReadsMayPass { get; } = new(true);

    /// <summary>How writes fail; null if they work.</summary>
    public StoreFailure? Failure
    {
        get => Volatile.Read(ref _failure) is var failure and >= 0 ? (StoreFailure)failure : null;
        set => Volatile.Write(ref _failure, value is { } failure ? (int)failure : -1);
    }

    /// <summary>How reads fail; null if they work.</summary>
    public StoreFailure? ReadFailure
    {
        set => Volatile.Write(ref _readFailure, value is { } failure ? (int)failure : -1);
    }

    /// <summary>The most events that a page gets.</summary>
    public int PageEvents { get; init; } = int.MaxValue;

    /// <summary>The most events that a step of a trim deletes.</summary>
    public int TrimRows { get; init; } = 100;

    /// <summary>The most keys that a plan deletes.</summary>
    public int KeysPerPlan { get; init; } = int.MaxValue;

    /// <summary>Trims never end.</summary>
    public bool TrimsForEver { get; set; }

    /// <summary>Steps of trims that were taken.</summary>
    public int Trims => Volatile.Read(ref _trims);

    /// <summary>Commits that succeeded.</summary>
    public int Commits => Volatile.Read(ref _commits);

    /// <summary>Commits that have begun.</summary>
    public int CommitsBegun { get; private set; }

    /// <summary>The number of different pages that were filled.</summary>
    public int PagesSeen
    {
        get
        {
            lock (_pages) return _pages.Count;
        }
    }

    public int PagesRead { get; private set; }

    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>The data of a topic's stored events, in id order.</summary>
    public string[] Data(string topic) => _disk.Data(topic);

    public long[] Ids(string topic) => _disk.Ids(topic);

    /// <summary>The names of the topics.</summary>
    public string[] Topics => _disk.Topics;

    public MemoryEventStore Crash() => new(_disk.Copy());

    public MemoryEventStore Reopen()
    {
        Assert.That(IsClosed, Is.True, "The hub closes the store.");
        return new(_disk) { PageEvents = PageEvents, KeysPerPlan = KeysPerPlan };
    }

    /// <summary>From now on each step of a trim, and the beginning and the end of each read, waits until the test lets it pass.</summary>
    public void StepGates() => (_trimSteps, _readBegins, _readEnds) = (new(0), new(0), new(0));

    /// <summary>Lets a trim that is underway take a step, and returns when it is taken.</summary>
    public void LetTrimStep()
    {
        if (!Volatile.Read(ref _isTrimming)) return;
        _trimSteps!.Release();
        SpinWait.SpinUntil(() => _trimSteps.CurrentCount == 0 || !Volatile.Read(ref _isTrimming), Patience);
    }

    public void LetReadBegin() => LetPass(_readBegins!);

    public void LetReadEnd() => LetPass(_readEnds!);

    /// <summary>Lets everything pass from now on.</summary>
    public void OpenGates()
    {
        foreach (var gate in new[] { _trimSteps, _readBegins, _readEnds }) gate!.Release(1_000_000);
    }

    // At most one permit waits to be used, so that steps do not pile up.
    private static void LetPass(SemaphoreSlim gate)
    {
        if (gate.CurrentCount == 0) gate.Release();
    }

    public StoreStart Open(long firstIdNow, long leaseEnd) => _disk.Open(firstIdNow, leaseEnd);

    public void Commit(StoreCommit commit)
    {
        CommitsBegun++;
        // A test that fails meanwhile must not hang.
        CommitsMayPass.Wait(Patience);
        ThrowIfFailing();
        _disk.Commit(commit);
        Interlocked.Increment(ref _commits);
    }

    public void FindPublisherId(ReadOnlySpan<byte> publisherId, List<StoredLocation> locations)
    {
        ThrowIfUnreadable();
        _disk.FindPublisherId(publisherId, locations);
    }

    public StoreTrim PlanTrim(ReadOnlySpan<byte> topic, in StoreBounds bounds) => _disk.PlanTrim(topic, bounds, KeysPerPlan);

    public bool Trim(ReadOnlySpan<byte> topic, in StoreTrim plan, Action<long>? onLoss = null)
    {
        ThrowIfFailing();
        // The step is postponed rather than waited for, because publishing must continue.
        Volatile.Write(ref _isTrimming, true);
        if (_trimSteps is not null && !_trimSteps.Wait(1)) return true;
        Interlocked.Increment(ref _trims);
        var isMore = _disk.Trim(topic, plan, TrimRows) | TrimsForEver;
        Volatile.Write(ref _isTrimming, isMore);
        return isMore;
    }

    public bool HasEvents(ReadOnlySpan<byte> topic) => _disk.HasEvents(topic);

    public void RemoveTopic(ReadOnlySpan<byte> topic)
    {
        ThrowIfFailing();
        _disk.RemoveTopic(topic);
    }

    public bool DeleteTopic(ReadOnlySpan<byte> topic, long id, long highWater)
    {
        ThrowIfFailing();
        _disk.DeleteTopic(topic, id, highWater);
        return true;
    }

    public bool TryEraseLog() => true;

    public void EnsureAvailable()
    {
        if (Failure == StoreFailure.Missing) ThrowIfFailing();
    }

    public bool Maintain() => false;

    public IStoredEventReader OpenReader() => new Reader(this);

    public void Close(long lastId)
    {
        ThrowIfFailing();
        _disk.Close(lastId);
        Volatile.Write(ref _isClosed, true);
    }

    public void Dispose()
    {
    }

    private void ThrowIfFailing()
    {
        if (Failure is { } failure) throw new StoreException(failure, $"The disk is {failure}.");
    }

    private void ThrowIfUnreadable()
    {
        if (Volatile.Read(ref _readFailure) is var failure and >= 0)
            throw new StoreException((StoreFailure)failure, "The disk cannot be read.");
    }

    private sealed class Reader(MemoryEventStore store) : IStoredEventReader
    {
        public void Read(StoredSelection selection, long after, long through, StoredPage page)
        {
            store.ReadsMayPass.Wait(Patience);
            store._readBegins?.Wait(Patience);
            store.ThrowIfUnreadable();
            lock (store._pages)
            {
                store._pages.Add(page);
                store.PagesRead++;
            }

            store._disk.Read(selection, after, through, page, store.PageEvents);
            store._readEnds?.Wait(Patience);
        }

        public void Dispose()
        {
        }
    }
}
