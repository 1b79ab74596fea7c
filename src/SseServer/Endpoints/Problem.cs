using SseServer.Delivery;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// A refusal, told as <c>application/problem+json</c> (RFC 9457).
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">A sentence that says what to mend. It never repeats input.</param>
internal sealed record Problem(int Status, string Detail)
{
    /// <summary>The methods of a 405's <c>Allow</c>.</summary>
    public string? Allow { get; init; }

    /// <summary>Seconds until another try makes sense, with a 429 or 503.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>The error code of a Bearer challenge (RFC 6750 section 3.1); null where no credential was at fault.</summary>
    public string? Challenge { get; init; }

    /// <summary>The line of a batch, from 1; 0 for none.</summary>
    public int Line { get; init; }

    /// <summary>The last event that was appended before the refusal.</summary>
    public string? LastId { get; init; }

    /// <summary>The limit that was reached, for the metrics and the log.</summary>
    public LimitKind Limit { get; init; }

    // The first pause after a refusal that no clock can time.
    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(5);

    public static Problem BadRequest(string detail) => new(400, detail);

    /// <summary>A credential is good, and not for this.</summary>
    public static Problem BeyondGrant(string detail) => new(403, detail) { Challenge = "insufficient_scope" };

    /// <summary>What the transport refuses, or how it says that a body cannot be had.</summary>
    public static Problem Of(RequestRejection rejection)
        => new(RequestRejections.StatusOf(rejection), RequestRejections.Explain(rejection)) { Limit = LimitNames.Of(rejection) };

    /// <summary>A refusal of what may work later, nobody knows when.</summary>
    public static Problem ForNow(int status, string detail) => ForNow(status, detail, RetryTime);

    /// <summary>A refusal of what may work later; not before <paramref name="atLeast"/> has passed.</summary>
    public static Problem ForNow(int status, string detail, TimeSpan atLeast)
        => new(status, detail) { RetryAfterSeconds = RetryPacing.AfterSeconds(atLeast, Random.Shared.NextDouble()) };
}
