using SseServer.Auth;
using SseServer.Hub;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Everything that may refuse a publish apart from its content: the publisher's rate, memory, an expired token, the server's shutdown.
/// Each check returns null if the publish may continue. Safe on any thread.
/// </summary>
internal sealed class PublishLimits(EventHub hub, LimitOptions options, BodyMemory bodies) : IDisposable
{
    private readonly PublishRate _rate = new(options, hub.Time);
    private readonly CancellationTokenSource _draining = new();

    /// <summary>The server is shutting down: new publishes are refused, and streams of events are cut before their next event.</summary>
    public void BeginDrain() => _draining.Cancel();

    public void Dispose() => _draining.Dispose();

    /// <summary>Takes events off the publisher's rate.</summary>
    public Problem? Spend(HttpExchange exchange, PublishContext context, int events)
        => _rate.IsOff || _rate.TryTake(KeyOf(exchange, context), events, out var wait)
            ? null
            : TooFast(exchange, context, wait);

    /// <summary>Checks the rate without taking anything off it: a batch that is still being read already has this many events.</summary>
    public Problem? CheckRate(HttpExchange exchange, PublishContext context, int events)
        => _rate.IsOff || _rate.CanTake(KeyOf(exchange, context), events, out var wait)
            ? null
            : TooFast(exchange, context, wait);

    /// <summary>
    /// Takes events of a stream off the rate and waits until the publisher may send more: its stream is read more slowly, which the
    /// sender notices by TCP's flow control. A drain ends the wait. Without <paramref name="waits"/> the publisher is left in debt.
    /// </summary>
    public async ValueTask SlowDownAsync(HttpExchange exchange, PublishContext context, int events, bool waits)
    {
        if (_rate.IsOff) return;
        var pause = _rate.Take(KeyOf(exchange, context), events);
        if (waits && pause > TimeSpan.Zero)
            await Task.Delay(pause, hub.Time, _draining.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Counts what the request holds now. Returns a problem if that is more memory than there is, or if the body was given up meanwhile.
    /// </summary>
    public Problem? CountBody(HttpExchange exchange, PublishContext context, BodyReadStatus status)
    {
        var bytes = context.HeldBytes;
        // A long head stays in memory as long as its body.
        if (exchange.Request.HeldBytes > BodyMemory.FreeBytes) bytes += exchange.Request.HeldBytes;
        // Most publishes return here, before their client is looked up.
        if (bytes <= BodyMemory.FreeBytes && !context.Hold.HasCounted) return null;
        var body = status == BodyReadStatus.Data ? exchange.Body : null;
        var limit = bodies.TryHold(context.Hold, KeyOf(exchange, context), bytes, body);
        return limit == LimitKind.None ? null : TooMuchMemory(limit, bytes);
    }

    /// <summary>Stops counting the body, at the end of its request.</summary>
    public void ReleaseBody(PublishContext context) => bodies.Release(context.Hold);

    /// <summary>Returns why a body cannot be read further; null if it can, or if it is complete.</summary>
    public Problem? ProblemOf(BodyReadResult read, PublishContext context, long maxBytes, LimitKind limit) => read.Status switch
    {
        BodyReadStatus.Data or BodyReadStatus.End => null,
        BodyReadStatus.TooLarge when limit != LimitKind.None => new(CodeOf(limit),
            $"The body is longer than {maxBytes} bytes; send less, or raise {LimitInfo.Of(limit).Setting}.")
        {
            Limit = limit,
        },
        BodyReadStatus.GivenUp => TooMuchMemory(context.Hold.GivenUpFor, 0),
        _ => Problem.Of(read.Rejection),
    };

    /// <summary>History is shed before anything is refused; while that is not enough, nothing may be added.</summary>
    public Problem? CheckMemory() => hub.Pressure == MemoryPressure.Full ? Problem.AtLimit(LimitKind.Memory) : null;

    /// <summary>A body may last longer than the token it began with.</summary>
    public Problem? CheckExpiry(PublishContext context)
        => context.Authorization.Caller.Expires <= hub.Time.GetUtcNow() ? RequestAuthorizer.Explain(AuthFailure.Expired) : null;

    // Some subscribers have left already and memory ends with the process: publishing again after the restart reaches all of them.
    public Problem? CheckDrain() => CheckDrain("The server is shutting down and published nothing; retry after Retry-After seconds.");

    /// <summary>The same for a stream of events, some of which may be published.</summary>
    public Problem? CheckDrainInStream()
        => CheckDrain("The server is shutting down; continue after the event lastId, later or on another server.");

    // If another node takes over the clients, it is not known when that one has room.
    private Problem? CheckDrain(string detail)
    {
        if (!_draining.IsCancellationRequested) return null;
        var absence = hub.Reconnection.Absence;
        return absence > TimeSpan.Zero
            ? Problem.ForNow(ProblemCode.ShuttingDown, detail, absence)
            : Problem.ForNow(ProblemCode.ShuttingDown, detail);
    }

    /// <summary>Returns what the publisher may still publish now; null if rates are not bounded.</summary>
    public RateLimitFields? RateOf(HttpExchange exchange, PublishContext context)
        => _rate.IsOff ? null : _rate.StateOf(KeyOf(exchange, context));

    private static ProblemCode CodeOf(LimitKind limit)
        => limit == LimitKind.BatchBytes ? ProblemCode.BatchTooLarge : ProblemCode.EventTooLarge;

    private Problem TooFast(HttpExchange exchange, PublishContext context, TimeSpan wait)
    {
        var detail = $"You publish more than {options.PublishRate} events per second; retry after Retry-After seconds.";
        return Problem.ForNow(ProblemCode.RateLimited, detail, wait) with
        {
            Limit = LimitKind.PublishRate,
            Rate = RateOf(exchange, context),
        };
    }

    private Problem TooMuchMemory(LimitKind limit, long bytes)
    {
        if (bytes <= bodies.MaxOfOne) return Problem.AtLimit(limit);
        var detail = $"The body and its events need more than {bodies.MaxOfOne} bytes of memory; "
            + $"send less, or raise {LimitInfo.Of(limit).Setting}.";
        return new(ProblemCode.BodyTooLarge, detail) { Limit = limit };
    }

    private static ClientKey KeyOf(HttpExchange exchange, PublishContext context) => ClientKey.Of(exchange, context.Authorization.Caller);
}
