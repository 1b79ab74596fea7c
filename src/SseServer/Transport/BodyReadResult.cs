using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>The outcome of reading a body. All but the first are final: reading again returns the same.</summary>
internal enum BodyReadStatus
{
    /// <summary>Bytes were appended, and there may be more.</summary>
    Data,

    /// <summary>The body is complete. Its last bytes may have been appended by the same call.</summary>
    End,

    /// <summary>The body is longer than its limit. What was appended is incomplete.</summary>
    TooLarge,

    /// <summary>The chunked framing is invalid.</summary>
    Rejected,

    /// <summary>The peer left midway and reads no reply.</summary>
    Aborted,

    /// <summary>No byte arrived for too long: 408.</summary>
    TimedOut,

    /// <summary>The application called <see cref="RequestBody.GiveUp"/>, and knows why.</summary>
    GivenUp,
}

/// <summary>The outcome of one <see cref="RequestBody.ReadAsync"/>.</summary>
/// <param name="Status">How far it came.</param>
/// <param name="Rejection">What to tell the peer if the status is TooLarge, Rejected or TimedOut; otherwise None.</param>
internal readonly record struct BodyReadResult(BodyReadStatus Status, RequestRejection Rejection = RequestRejection.None);
