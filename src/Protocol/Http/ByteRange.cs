namespace SseServer.Protocol.Http;

/// <summary>A range of the bytes that a <see cref="RequestHead"/> keeps; it remains valid when their array grows.</summary>
internal readonly record struct ByteRange(int Start, int Length);

/// <summary>The name and the value of a header field in a <see cref="RequestHead"/>.</summary>
internal readonly record struct FieldRange(ByteRange Name, ByteRange Value);
