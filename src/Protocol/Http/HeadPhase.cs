namespace SseServer.Protocol.Http;

/// <summary>How far the parser of a head has come.</summary>
internal enum HeadPhase
{
    RequestLine,
    Fields,
    Finished,
}
