using SseServer.Delivery;

namespace SseServer.Hub;

// Ending a share of the streams over a period, and how long clients are told to stay away.
internal sealed partial class EventHub
{
    // Far below a second, in which returns are counted. 100,000 streams over 4 s are 2,500 a step: some ten milliseconds of sends.
    private static readonly TimeSpan DepartureStep = TimeSpan.FromMilliseconds(100);

    private readonly Lock _departureGate = new();
    private Departure? _departure;
    private ITimer? _departureTimer;
    private double _load;

    /// <summary>How full the server is, from 0 to 1; for those who tell clients when to come again.</summary>
    public double Load
    {
        get => Volatile.Read(ref _load);
        set => Volatile.Write(ref _load, value);
    }

    /// <summary>The mean reconnection time under the load of the moment.</summary>
    public TimeSpan ReconnectionTime => MeanRetry(Load);

    /// <summary>A reconnection time for one client under a load, in milliseconds; while the server drains, not before it is back.</summary>
    public int NextRetry(double load)
    {
        var random = Random.Shared.NextDouble();
        var mean = MeanRetry(load);
        var retry = RetryPacing.Jitter(mean, random);
        if (Volatile.Read(ref _departure) is not { BackAt: > 0 } departure) return retry;
        var place = Random.Shared.NextDouble();
        return Math.Max(retry, RetryPacing.AfterAbsence(departure.Absence(Milliseconds), mean, departure.Returns, place, random));
    }

    /// <summary>The mean reconnection time under a load.</summary>
    public TimeSpan MeanRetry(double load) => RetryPacing.Mean(Options.ReconnectionTime, Options.MaxReconnectionTime, load);

    /// <summary>The time until clients find the server again; zero while it does not drain, or where they find another one.</summary>
    public TimeSpan Absence => Volatile.Read(ref _departure)?.Absence(Milliseconds) ?? TimeSpan.Zero;

    /// <summary>
    /// Ends all streams cleanly, evenly over a period, each with a last reconnection time that spreads the return; those that join later end at once. Takes the place of
    /// a shed; there is no way back.
    /// </summary>
    /// <param name="period">From the first end to the last; zero for all at once.</param>
    /// <param name="absence">From now until the server is back: no client is told to come before. Zero where others take them.</param>
    public void BeginDrain(TimeSpan period, TimeSpan absence = default)
    {
        lock (_departureGate)
            if (_departure is not { IsDrain: true }) BeginUnderGate(100, period, isDrain: true, absence);
    }

    /// <summary>Ends a share of the streams as a drain does, in place of a shed that is underway. False while the server drains.</summary>
    /// <param name="percent">1 to 100.</param>
    /// <param name="period">The time over which they end; zero for at once.</param>
    /// <param name="streams">How many will end, but for those that end by themselves before.</param>
    public bool TryShed(int percent, TimeSpan period, out int streams)
    {
        streams = 0;
        lock (_departureGate)
        {
            if (_departure is { IsDrain: true }) return false;
            streams = BeginUnderGate(percent, period, isDrain: false, absence: default);
            return true;
        }
    }

    private int BeginUnderGate(int percent, TimeSpan period, bool isDrain, TimeSpan absence)
    {
        var parts = Departure.PartsOf(Array.ConvertAll(_shards, shard => shard.Count), percent);
        var streams = parts.Sum();
        var mean = ReconnectionTime;
        var departure = new Departure
        {
            IsDrain = isDrain,
            Begin = Milliseconds,
            PeriodMilliseconds = (long)period.TotalMilliseconds,
            MeanRetry = mean,
            Stretch = RetryPacing.Stretch(streams, period, Options.ReturnRate, mean, Options.MaxReconnectionTime),
            Parts = parts,
            BackAt = absence > TimeSpan.Zero ? Milliseconds + (long)absence.TotalMilliseconds : 0,
            Returns = RetryPacing.Stretch(streams, TimeSpan.Zero, Options.ReturnRate, mean, Options.MaxReconnectionTime),
        };
        Volatile.Write(ref _departure, departure);
        foreach (var shard in _shards) shard.Begin(departure);
        _departureTimer?.Dispose();
        _departureTimer = period > TimeSpan.Zero
            ? Time.CreateTimer(static hub => ((EventHub)hub!).StepDeparture(), this, DepartureStep, DepartureStep)
            : null;
        return streams;
    }

    // There is no such clock while no streams are to end.
    private void StepDeparture()
    {
        lock (_departureGate)
        {
            if (_departureTimer is null) return;
            var isOver = _departure!.IsOver(Milliseconds);
            foreach (var shard in _shards) shard.Inbox.RequestStep();
            if (isOver) StopDepartureUnderGate();
        }
    }

    private void StopDepartureUnderGate()
    {
        _departureTimer?.Dispose();
        _departureTimer = null;
    }
}
