namespace SseServer.Transport;

/// <summary>How far reading a body has come. All but the first are final: reading again says the same.</summary>
internal enum BodyReadStatus
{
    /// <summary>Bytes were appended, and there may be more.</summary>
    Data,

    /// <summary>The body is complete. Its last bytes may have been appended by the same call.</summary>
    End,

    /// <summary>The body is longer than its bound. What was appended is incomplete.</summary>
    TooLarge,

    /// <summary>The chunked framing is broken.</summary>
    Rejected,

    /// <summary>The peer left midway: nobody reads a reply.</summary>
    Aborted,

    /// <summary>No byte came for too long: 408.</summary>
    TimedOut,

    /// <summary>The application has given the body up (<see cref="RequestBody.GiveUp"/>), and knows why.</summary>
    GivenUp,
}
