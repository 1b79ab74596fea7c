using SseServer.Catalog;

namespace SseServer.Delivery;

/// <summary>
/// The reconnection times sent to clients. They depend on the server's load and, while it drains, on when it will be back. Any thread.
/// </summary>
internal sealed class ReconnectionTimes(HubOptions options, HubClock clock)
{
    private double _load;
    private ShedPlan? _plan;

    /// <summary>How full the server is, from 0 to 1.</summary>
    public double Load
    {
        get => Volatile.Read(ref _load);
        set => Volatile.Write(ref _load, value);
    }

    /// <summary>The drain or shed that was begun last; null if there was none.</summary>
    public ShedPlan? Plan
    {
        get => Volatile.Read(ref _plan);
        set => Volatile.Write(ref _plan, value);
    }

    /// <summary>The mean reconnection time under the present load.</summary>
    public TimeSpan Mean => MeanAt(Load);

    /// <summary>The time until the server is back; zero if it does not drain, or if clients find another server meanwhile.</summary>
    public TimeSpan Absence => Plan?.Absence(clock.Milliseconds) ?? TimeSpan.Zero;

    /// <summary>The mean reconnection time under a load.</summary>
    public TimeSpan MeanAt(double load) => RetryPacing.Mean(options.ReconnectionTime, options.MaxReconnectionTime, load);

    /// <summary>A reconnection time for one client under the present load, in milliseconds.</summary>
    public int Next() => NextAt(Load);

    /// <summary>A reconnection time for one client under a load, in milliseconds; in a drain, not before the server is back.</summary>
    public int NextAt(double load)
    {
        var random = Random.Shared.NextDouble();
        var mean = MeanAt(load);
        var retry = RetryPacing.Jitter(mean, random);
        if (Plan is not { BackAt: > 0 } plan) return retry;
        var fraction = Random.Shared.NextDouble();
        return Math.Max(retry, RetryPacing.AfterAbsence(plan.Absence(clock.Milliseconds), mean, plan.Returns, fraction, random));
    }
}
