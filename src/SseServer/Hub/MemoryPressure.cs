namespace SseServer.Hub;

/// <summary>What the server does as its memory runs out: history goes first, then newcomers are sent away; streams that live are never cut. A function of values.</summary>
internal static class MemoryPressure
{
    public enum Level
    {
        /// <summary>There is memory enough.</summary>
        None,

        /// <summary>History is shed, or kept as short as it was made.</summary>
        ShortHistory,

        /// <summary>Little history is left to shed: new streams and new events are refused.</summary>
        Full,
    }

    /// <summary>What holds until the next reading.</summary>
    /// <param name="Level">What is done.</param>
    /// <param name="HistoryBytes">The bound on history.</param>
    public readonly record struct State(Level Level, long HistoryBytes);

    /// <summary>
    /// The state after a reading. From <paramref name="limit"/> on, history loses a quarter each time, or all that is too much where that is more; below it the state is held, so that it does not come and
    /// go with each event; an eighth below it the bound grows back by a sixteenth of the whole each time.
    /// </summary>
    /// <param name="state">The state before the reading.</param>
    /// <param name="used">Bytes in use.</param>
    /// <param name="limit">Bytes that the server may use.</param>
    /// <param name="history">Bytes of history there are.</param>
    /// <param name="mostHistory">The bound on history that is set.</param>
    public static State Next(State state, long used, long limit, long history, long mostHistory)
    {
        // What is left lets most readers resume that were cut off for some seconds only.
        var least = mostHistory / 16;
        if (used < limit - limit / 8) return new(Level.None, Math.Min(mostHistory, state.HistoryBytes + Math.Max(1, least)));
        if (used < limit) return state.Level == Level.None ? state : state with { Level = Level.ShortHistory };
        if (state.HistoryBytes <= least) return state with { Level = Level.Full };
        return new(Level.ShortHistory, Math.Max(least, Math.Min(Math.Min(state.HistoryBytes, history) / 4 * 3, history - (used - limit))));
    }
}
