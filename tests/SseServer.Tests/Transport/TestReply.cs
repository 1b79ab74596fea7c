namespace SseServer.Tests.Transport;

/// <summary>A reply as the client sees it. The status is 0 if the connection closed without one.</summary>
internal sealed record TestReply(int Status, IReadOnlyDictionary<string, string> Fields, string Body);
