namespace SseServer.Tests.Hub.Support;

/// <summary>One block of a stream: the fields it has.</summary>
internal sealed record ReceivedEvent(string? Id, string? Name, string? Data, string? Retry)
{
    public bool IsComment => (Id, Name, Data, Retry) == (null, null, null, null);
}
