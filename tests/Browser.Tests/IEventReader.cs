namespace SseServer.Browser.Tests;

/// <summary>A client of its own making: it connects, dispatches, and reconnects as it was written to.</summary>
internal interface IEventReader : IAsyncDisposable
{
    /// <summary>Names of the events a reader listens to; an EventSource shows no others.</summary>
    static readonly string[] Types = ["message", "named", "statusUpdate", "grüße 😀", "gap", "heartbeat", "end"];

    /// <summary>Waits for the next event of one of <see cref="Types"/>.</summary>
    Task<SeenEvent> NextAsync();
}

/// <summary>An event as a client's code sees it.</summary>
internal sealed record SeenEvent(string Type, string Data, string LastEventId);
