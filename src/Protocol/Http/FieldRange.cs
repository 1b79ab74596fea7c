namespace SseServer.Protocol.Http;

/// <summary>Where the name and the value of a header field stand in a <see cref="RequestHead"/>.</summary>
internal readonly record struct FieldRange(ByteRange Name, ByteRange Value);
