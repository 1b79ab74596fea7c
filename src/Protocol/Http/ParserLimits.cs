namespace SseServer.Protocol.Http;

/// <summary>How much of a request is read before it is rejected. All limits are positive, and in bytes unless named otherwise.</summary>
public sealed record ParserLimits
{
    /// <summary>The default limits.</summary>
    public static ParserLimits Default { get; } = new();

    /// <summary>The longest request line, without its line break.</summary>
    // RFC 9112 section 3 recommends at least 8000 octets; 8 KB is Kestrel's MaxRequestLineSize.
    public int MaxRequestLineBytes { get; init; } = 8192;

    /// <summary>Maximum bytes of all field lines together, with their line breaks.</summary>
    // Kestrel's MaxRequestHeadersTotalSize; nginx allows as much in its four large header buffers.
    public int MaxHeaderBytes { get; init; } = 32768;

    /// <summary>Maximum number of field lines.</summary>
    // Kestrel's MaxRequestHeaderCount, Apache's LimitRequestFields.
    public int MaxHeaderCount { get; init; } = 100;

    /// <summary>The longest chunk-size line with its extensions, without its line break.</summary>
    // A size takes at most 16 digits; the rest is for extensions, which no publisher is known to send.
    public int MaxChunkLineBytes { get; init; } = 256;

    /// <summary>Maximum bytes of all chunk extensions of a body together.</summary>
    // RFC 9112 section 7.1.1 asks for a limit of the total. They are only dropped, so they get no more than a request line.
    public int MaxChunkExtensionBytes { get; init; } = 8192;

    /// <summary>Maximum bytes of all trailer lines together, with their line breaks.</summary>
    // Trailers are only dropped, so they get no more than a request line.
    public int MaxTrailerBytes { get; init; } = 8192;
}
