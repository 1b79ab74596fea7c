namespace SseServer.Bench.FanOut.Workloads;

/// <summary>How streams start and behave, if not as usual.</summary>
/// <param name="LastEventId">Where they resume; null for the events from here on.</param>
/// <param name="NextNumber">The number of the first event after that.</param>
/// <param name="KeepsEventId">Whether they remember the ids they see.</param>
/// <param name="IsStalled">Whether they read nothing but the head.</param>
/// <param name="Keys">Keys that the topic's events have in turn; 0 for none.</param>
/// <param name="ReceiveBuffer">Bytes of the socket's receive buffer; 0 leaves it to the system.</param>
internal readonly record struct StreamStart(
    string? LastEventId = null, long NextNumber = 0, bool KeepsEventId = false, bool IsStalled = false, int ReceiveBuffer = 0,
        int Keys = 0);
