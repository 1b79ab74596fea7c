using SseServer.Delivery;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>A refusal, sent as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Code">The reason.</param>
/// <param name="Detail">A sentence that says what is wrong and what to do. It never repeats input.</param>
internal sealed record Problem(ProblemCode Code, string Detail)
{
    // The first pause after a refusal whose end is not known.
    private static readonly TimeSpan DefaultPause = TimeSpan.FromSeconds(5);

    /// <summary>Creates a refusal with the general code of a status.</summary>
    public Problem(int status, string detail)
        : this(ProblemCode.OfStatus(status), detail)
    {
    }

    /// <summary>The HTTP status.</summary>
    public int Status => Code.Status;

    /// <summary>The methods that a 405 allows.</summary>
    public string? Allow { get; init; }

    /// <summary>Seconds until a retry makes sense, for a 429 or 503; 0 for none.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>The error code of a Bearer challenge (RFC 6750 section 3.1); null if no credential was at fault.</summary>
    public string? Challenge { get; init; }

    /// <summary>The line of a batch, from 1; 0 for none.</summary>
    public int Line { get; init; }

    /// <summary>The id of the last event that was appended before the refusal.</summary>
    public string? LastId { get; init; }

    /// <summary>What is left of the publisher's rate; null if its rate is not bounded or not the reason.</summary>
    public RateLimitFields? Rate { get; init; }

    /// <summary>The limit that was reached, for the metrics and the log.</summary>
    public LimitKind Limit { get; init; }

    public static Problem BadRequest(string detail) => new(ProblemCode.InvalidRequest, detail);

    /// <summary>What is to be published is not an event, or not a batch or stream of events.</summary>
    public static Problem BadEvent(string detail) => new(ProblemCode.InvalidEvent, detail);

    /// <summary>The credential is accepted but does not grant what was asked for.</summary>
    public static Problem BeyondGrant(string detail) => new(ProblemCode.NotGranted, detail) { Challenge = "insufficient_scope" };

    /// <summary>A refusal of the transport, or the reason why a body could not be read.</summary>
    public static Problem Of(RequestRejection rejection)
        => new(ProblemCode.Of(rejection), RequestRejections.Explain(rejection)) { Limit = LimitInfo.KindOf(rejection) };

    /// <summary>A refusal at a limit that does not depend on the request, so that a retry may succeed.</summary>
    public static Problem AtLimit(LimitKind kind)
    {
        var limit = LimitInfo.Of(kind);
        return ForNow(limit.Code!, limit.Sentence!) with { Limit = kind };
    }

    /// <summary>A refusal of what may succeed later, at an unknown time.</summary>
    public static Problem ForNow(ProblemCode code, string detail) => ForNow(code, detail, DefaultPause);

    /// <summary>A refusal of what may succeed later, after <paramref name="atLeast"/>.</summary>
    public static Problem ForNow(ProblemCode code, string detail, TimeSpan atLeast)
        => new(code, detail) { RetryAfterSeconds = RetryPacing.AfterSeconds(atLeast, Random.Shared.NextDouble()) };
}
