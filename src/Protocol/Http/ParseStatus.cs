namespace SseServer.Protocol.Http;

/// <summary>The outcome of parsing a piece of input.</summary>
public enum ParseStatus
{
    /// <summary>The input is valid so far, but not complete.</summary>
    Incomplete,

    /// <summary>The input is complete.</summary>
    Complete,

    /// <summary>
    /// The input violates a rule or a limit; a <see cref="RequestRejection"/> says which. The connection cannot be used further.
    /// </summary>
    Rejected,
}
