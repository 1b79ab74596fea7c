using SseServer.Catalog;

namespace SseServer.Delivery;

/// <summary>The reconnection times that clients are told: by the server's load and, while it drains, by when it is back. Any thread.</summary>
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

    /// <summary>The time until clients find the server again; zero while it does not drain, or if they find another one.</summary>
    public TimeSpan Absence => Plan?.Absence(clock.Milliseconds) ?? TimeSpan.Zero;

    /// <summary>The mean reconnection time under a load.</summary>
    public TimeSpan MeanAt(double load) => RetryPacing.Mean(options.ReconnectionTime, options.MaxReconnectionTime, load);

    /// <summary>A reconnection time for one client under the present load, in milliseconds.</summary>
    public int Next() => NextAt(Load);

    /// <summary>A reconnection time for one client under a load, in milliseconds; while the server drains, not before it is back.</summary>
    public int NextAt(double load)
    {
        var random = Random.Shared.NextDouble();
        var mean = MeanAt(load);
        var retry = RetryPacing.Jitter(mean, random);
        if (Plan is not { BackAt: > 0 } plan) return retry;
        return Math.Max(retry, RetryPacing.AfterAbsence(plan.Absence(clock.Milliseconds), mean, plan.Returns, Random.Shared.NextDouble(), random));
    }
}
