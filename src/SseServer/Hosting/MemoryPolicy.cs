using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>
/// Decides what the server does as its memory runs out: history is evicted first, then new streams and events are refused; existing streams
/// are never ended. A function of values.
/// </summary>
internal static class MemoryPolicy
{
    /// <summary>The decision until the next reading.</summary>
    /// <param name="Pressure">The pressure that is reported to the hub.</param>
    /// <param name="HistoryBytes">The bound on history.</param>
    public readonly record struct State(MemoryPressure Pressure, long HistoryBytes);

    /// <summary>
    /// The state after a reading. At or above <paramref name="limit"/>, each reading takes a quarter of the history, or the whole excess if
    /// that is more. Below it the state is kept, so that it does not change with every event. An eighth below it, each reading gives back a
    /// sixteenth of <paramref name="maxHistory"/>.
    /// </summary>
    /// <param name="state">The state before the reading.</param>
    /// <param name="used">Bytes in use.</param>
    /// <param name="limit">Bytes that the process may use.</param>
    /// <param name="history">Bytes of history in memory.</param>
    /// <param name="maxHistory">The bound on history in the settings.</param>
    public static State Next(State state, long used, long limit, long history, long maxHistory)
    {
        // Enough for most subscribers that were disconnected for some seconds to resume.
        var minHistory = maxHistory / 16;
        if (used < limit - limit / 8) return new(MemoryPressure.None, Math.Min(maxHistory, state.HistoryBytes + Math.Max(1, minHistory)));
        if (used < limit) return state.Pressure == MemoryPressure.None ? state : state with { Pressure = MemoryPressure.ShortHistory };
        if (state.HistoryBytes <= minHistory) return state with { Pressure = MemoryPressure.Full };
        var bound = Math.Min(Math.Min(state.HistoryBytes, history) / 4 * 3, history - (used - limit));
        return new(MemoryPressure.ShortHistory, Math.Max(minHistory, bound));
    }
}
