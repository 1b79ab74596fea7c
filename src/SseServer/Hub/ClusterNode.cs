using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Hub;

/// <summary>
/// This server among those that share its history: who else is alive, which tasks are this server's, how many subscribers a topic has over
/// all of them, and commands for all. Once a second, on a thread of its own. While the database is away this server has no task.
/// </summary>
internal sealed class ClusterNode : IDisposable
{
    /// <summary>The task to publish the numbers of subscribers and to call webhooks.</summary>
    public const string Presence = "presence";

    /// <summary>The task to run the relays.</summary>
    public const string Relays = "relays";

    private const string ShedCommand = "shed";

    // More than a beat takes on a busy machine.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMilliseconds(500);

    private readonly EventHub _hub;
    private readonly ISharedStore _store;
    private readonly Func<TimeSpan> _lag;
    private readonly NodeIdentity _identity;
    private readonly ILogger _logger;
    private readonly WorkerThread _thread;
    private readonly ConcurrentDictionary<string, bool> _wanted = new();
    private readonly ConcurrentQueue<(string Text, TaskCompletionSource<bool> Done)> _commands = new();
    private readonly List<SubscriberChange> _changes = [];
    // Changes that no beat has told yet, while the database is away.
    private readonly Dictionary<byte[], int> _untold = new(Utf8Comparer.Instance);
    private readonly Lock _gate = new();
    private Dictionary<byte[], int> _sums = new(Utf8Comparer.Instance);
    private Dictionary<byte[], int> _reported = new(Utf8Comparer.Instance);
    private ClusterView _view = new();
    private string[] _ready = [];
    private long _beatAt;
    private int _isDue;
    private bool _isAway;

    /// <param name="hub">What this server serves.</param>
    /// <param name="store">Open.</param>
    /// <param name="lag">How far this server is behind the store.</param>
    /// <param name="identity">What the others see.</param>
    /// <param name="faults">Takes our own bugs.</param>
    /// <param name="logger">Logs commands and lost contact.</param>
    public ClusterNode(EventHub hub, ISharedStore store, Func<TimeSpan> lag, NodeIdentity identity, Faults faults, ILogger logger)
    {
        (_hub, _store, _lag, _identity, _logger) = (hub, store, lag, identity, logger);
        _thread = new("cluster", Step, faults);
    }

    /// <summary>This server's own number among <see cref="Nodes"/>.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>The live servers when this one last heard of them, itself included.</summary>
    public IReadOnlyList<ClusterNodeState> Nodes => Volatile.Read(ref _view).Nodes;

    /// <inheritdoc cref="ClusterView.Rejected"/>
    public long? Rejected => Volatile.Read(ref _view).Rejected;

    public void Start() => _thread.Start();

    /// <summary>Each second. Any thread.</summary>
    public void Tick()
    {
        Volatile.Write(ref _isDue, 1);
        _thread.Wake();
    }

    /// <summary>
    /// Asks for a task, from the first call on, and whether this server has it now, and all that the server that had it before has
    /// published. Any thread.
    /// </summary>
    public bool Owns(string task)
    {
        _wanted.TryAdd(task, true);
        return Volatile.Read(ref _ready).Contains(task);
    }

    /// <summary>
    /// Adds each watched topic whose number of subscribers over all servers changed since the last call, with that number. One caller at a
    /// time, of the server that has the task <see cref="Presence"/>.
    /// </summary>
    public void TakeSubscriberChanges(List<SubscriberChange> changes)
    {
        lock (_gate)
        {
            foreach (var (topic, subscribers) in _sums)
                if (_reported.GetValueOrDefault(topic) != subscribers) changes.Add(new(topic, subscribers));
            foreach (var topic in _reported.Keys)
                if (!_sums.ContainsKey(topic)) changes.Add(new(topic, 0));
            _reported = new(_sums, Utf8Comparer.Instance);
        }
    }

    /// <summary>Forgets what <see cref="TakeSubscriberChanges"/> has reported: all numbers are changes.</summary>
    public void ReportAllAgain()
    {
        lock (_gate) _reported.Clear();
    }

    /// <summary>Has all servers shed streams; false if the database is away.</summary>
    /// <inheritdoc cref="Shedder.TryShed"/>
    public Task<bool> ShedAsync(int percent, TimeSpan period)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue((string.Create(CultureInfo.InvariantCulture, $"{ShedCommand} {percent} {(long)period.TotalMilliseconds}"), done));
        _thread.Wake();
        return done.Task;
    }

    public void Dispose()
    {
        _thread.Stop();
        while (_commands.TryDequeue(out var command)) command.Done.SetResult(false);
    }

    private bool Step()
    {
        if (_thread.IsStopping) return false;
        try
        {
            if (_commands.TryDequeue(out var command)) Send(command.Text, command.Done);
            else if (Interlocked.Exchange(ref _isDue, 0) != 0) Beat();
            else return false;
            _isAway = false;
        }
        catch (StoreException e)
        {
            Volatile.Write(ref _view, _view with { OwnedTasks = [] });
            Volatile.Write(ref _ready, []);
            if (!_isAway) StoreLog.ClusterAway(_logger, e.Message);
            _isAway = true;
        }

        return true;
    }

    private void Send(string text, TaskCompletionSource<bool> done)
    {
        var isSent = false;
        try
        {
            _store.Command(text);
            isSent = true;
        }
        finally
        {
            done.SetResult(isSent);
        }
    }

    private void Beat()
    {
        _changes.Clear();
        _hub.Catalog.SubscriberChanges.Take(_changes);
        foreach (var change in _changes) _untold[change.Topic] = change.Subscribers;
        var view = _store.Beat(new()
        {
            Node = Id,
            Name = _identity.Name,
            Version = _identity.Version,
            Streams = _hub.Streams,
            Head = _hub.Head.Value,
            Lag = _lag(),
            WantedTasks = [.. _wanted.Keys],
            Subscribers = [.. _untold.Select(pair => (pair.Key, pair.Value))],
            WantsSums = _view.OwnedTasks.Contains(Presence),
        });
        _untold.Clear();
        FollowClock(view.Nodes);
        if (view.Sums is { } sums)
            lock (_gate) _sums = new(sums.Select(one => KeyValuePair.Create(one.Topic, one.Subscribers)), Utf8Comparer.Instance);
        SetReady(view);
        Volatile.Write(ref _view, view);
        foreach (var command in view.Commands) Run(command);
    }

    // A task that was this server's a beat ago can begin, with the sums of that beat, if the newest events were read since.
    private void SetReady(ClusterView view)
    {
        var now = _hub.Clock.Milliseconds;
        var hasRead = _lag().TotalMilliseconds < now - _beatAt;
        var before = _view.OwnedTasks;
        Volatile.Write(ref _ready, [.. view.OwnedTasks.Where(task => _ready.Contains(task) || (hasRead && before.Contains(task)))]);
        _beatAt = now;
    }

    // A connection may last for weeks, in which two clocks drift apart.
    private void FollowClock(IReadOnlyList<ClusterNodeState> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.Node != Id) continue;
            var offset = node.Seen - _hub.Time.GetUtcNow();
            if ((offset - _hub.Clock.Offset).Duration() > ClockTolerance) _hub.Clock.Offset = offset;
        }
    }

    private void Run(string command)
    {
        if (command.Split(' ') is not [ShedCommand, var percent, var milliseconds]) return;
        var period = TimeSpan.FromMilliseconds(long.Parse(milliseconds, CultureInfo.InvariantCulture));
        _hub.Shedder.TryShed(int.Parse(percent, CultureInfo.InvariantCulture), period, out var streams);
        StoreLog.ShedForAll(_logger, streams, period.TotalSeconds);
    }
}

/// <summary>What other servers that share the history, and operators, see of this one.</summary>
/// <param name="Name">What operators call it.</param>
/// <param name="Version">The program's version.</param>
internal sealed record NodeIdentity(string Name, string Version)
{
    public static NodeIdentity Default { get; } = new(Environment.MachineName, "");
}
