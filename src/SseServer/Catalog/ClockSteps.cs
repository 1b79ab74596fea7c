namespace SseServer.Catalog;

/// <summary>
/// Detects that the wall clock was set forward, by comparing it with a clock that only measures intervals. Under the catalog's lock.
/// </summary>
internal sealed class ClockSteps
{
    // More than a time daemon slews in a second, and than a thread usually waits between reading one clock and the other.
    private const long ToleranceMilliseconds = 100;

    private readonly HubClock _clock;
    private long _wall;
    private long _interval;

    public ClockSteps(HubClock clock)
    {
        _clock = clock;
        Accept(clock.UnixMilliseconds, clock.Milliseconds);
    }

    /// <summary>
    /// Accepts the present difference of the clocks, unless the wall clock was set forward: <see cref="TryFind"/> reports that. Called each
    /// second, so that slewing does not add up.
    /// </summary>
    public void Follow()
    {
        var (wall, interval) = (_clock.UnixMilliseconds, _clock.Milliseconds);
        if (wall - Expected(interval) <= ToleranceMilliseconds) Accept(wall, interval);
    }

    /// <summary>Whether the wall clock was set forward since the last check; each step is reported once.</summary>
    /// <param name="wall">The time by the wall clock, read just now, in milliseconds since 1970.</param>
    /// <param name="expected">The time that it would show without the step.</param>
    public bool TryFind(long wall, out long expected)
    {
        var interval = _clock.Milliseconds;
        expected = Expected(interval);
        var isStep = wall - expected > ToleranceMilliseconds;
        Accept(wall, interval);
        return isStep;
    }

    private void Accept(long wall, long interval) => (_wall, _interval) = (wall, interval);

    private long Expected(long interval) => _wall + (interval - _interval);
}
