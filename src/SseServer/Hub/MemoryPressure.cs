namespace SseServer.Hub;

/// <summary>
/// What the server does when memory is short: it evicts history first, then refuses new streams and events; open streams are never cut. A
/// pure function.
/// </summary>
internal static class MemoryPressure
{
    public enum Level
    {
        /// <summary>There is enough memory.</summary>
        None,

        /// <summary>History is evicted, or held at its lowered bound.</summary>
        ShortHistory,

        /// <summary>Little history is left to evict: new streams and new events are refused.</summary>
        Full,
    }

    /// <summary>The state until the next reading.</summary>
    /// <param name="Level">The level.</param>
    /// <param name="HistoryBytes">The bound on history.</param>
    public readonly record struct State(Level Level, long HistoryBytes);

    /// <summary>
    /// The state after a reading. At or above <paramref name="limit"/>, each reading lowers the bound by a quarter, or by the whole excess
    /// if that is more. Below the limit the state is held, so that it does not flap. An eighth below the limit, each reading raises the
    /// bound by a sixteenth of the configured one.
    /// </summary>
    /// <param name="state">The state before the reading.</param>
    /// <param name="used">Bytes in use.</param>
    /// <param name="limit">Bytes that the server may use.</param>
    /// <param name="history">Bytes that history takes.</param>
    /// <param name="mostHistory">The configured bound on history.</param>
    public static State Next(State state, long used, long limit, long history, long mostHistory)
    {
        // This much lets most subscribers resume that were disconnected for only some seconds.
        var least = mostHistory / 16;
        if (used < limit - limit / 8) return new(Level.None, Math.Min(mostHistory, state.HistoryBytes + Math.Max(1, least)));
        if (used < limit) return state.Level == Level.None ? state : state with { Level = Level.ShortHistory };
        if (state.HistoryBytes <= least) return state with { Level = Level.Full };
        return new(Level.ShortHistory, Math.Max(least, Math.Min(Math.Min(state.HistoryBytes, history) / 4 * 3, history - (used - limit))));
    }
}
