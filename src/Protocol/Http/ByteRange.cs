namespace SseServer.Protocol.Http;

/// <summary>A stretch of the bytes that a <see cref="RequestHead"/> keeps; it stays true when their array grows.</summary>
internal readonly record struct ByteRange(int Start, int Length);
