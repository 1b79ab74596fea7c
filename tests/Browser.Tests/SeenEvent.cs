namespace SseServer.Browser.Tests;

/// <summary>An event as a client's code sees it.</summary>
internal sealed record SeenEvent(string Type, string Data, string LastEventId);
