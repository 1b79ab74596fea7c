using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// Counts refused credentials by reason. Each reason is logged when it first occurs and then at most once a minute, with the number of
/// refusals since the last message, so that guessing keys cannot fill the log. Safe on any thread.
/// </summary>
internal sealed class AuthCounters : IDisposable
{
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private static readonly AuthFailure[] Failures = [.. Enum.GetValues<AuthFailure>().Where(failure => failure != AuthFailure.None)];

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Reason[] _reasons = [.. Enum.GetValues<AuthFailure>().Select(_ => new Reason())];

    public AuthCounters(TimeProvider time, ILogger logger)
    {
        (_time, _logger) = (time, logger);
        Meter.CreateObservableCounter("sse_auth_refusals_total", Refusals, description: "Refused credentials, by reason.");
    }

    public Meter Meter { get; } = new("SseServer.Auth");

    /// <summary>Returns how often a credential was refused for a reason.</summary>
    public long Refused(AuthFailure failure) => Volatile.Read(ref _reasons[(int)failure].Count);

    /// <summary>Counts a refusal.</summary>
    /// <param name="failure">The reason.</param>
    /// <param name="keyId">The signing key that the token names, if the server has it; otherwise null.</param>
    public void Count(AuthFailure failure, string? keyId)
    {
        var reason = _reasons[(int)failure];
        var count = Interlocked.Increment(ref reason.Count);
        var now = _time.GetTimestamp();
        var due = Volatile.Read(ref reason.LogDue);
        var next = now + (long)(LogInterval.TotalSeconds * _time.TimestampFrequency);
        if (now < due || Interlocked.CompareExchange(ref reason.LogDue, next, due) != due) return;
        AuthLog.CredentialRefused(_logger, failure, keyId, count - Interlocked.Exchange(ref reason.Logged, count));
    }

    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Refusals()
        => Failures.Select(failure =>
            new Measurement<long>(Refused(failure), new KeyValuePair<string, object?>("reason", AuthFailures.Label(failure))));

    private sealed class Reason
    {
        public long Count;
        public long Logged;
        public long LogDue = long.MinValue;
    }
}
