using Microsoft.Extensions.Logging;

namespace SseServer.Presence;

/// <summary>
/// Delivers to one webhook, several topics at a time. It has no timer: <see cref="Pump"/> starts what is due. Safe on any thread.
/// </summary>
internal sealed class WebhookSender(
    WebhookOptions webhook, int maxAttempts, WebhookClient client, WebhookMetrics metrics, TimeProvider time, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly WebhookQueue _queue = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private bool _isDraining;
    private bool _isFailing;
    private long _lost;
    private int _dropped;

    /// <summary>The number of topics with something to deliver.</summary>
    public int Pending
    {
        get
        {
            lock (_gate) return _queue.Count;
        }
    }

    /// <summary>Queues the report of a change if the webhook covers its topic; the next <see cref="Pump"/> delivers it.</summary>
    public void Enqueue(in OccupancyChange change)
    {
        if (!PresenceOptions.Names(webhook.Topics, change.Topic)) return;
        var message = new WebhookMessage(change, time.GetUtcNow());
        lock (_gate)
            if (!_queue.TryAdd(message)) LoseUnderLock(WebhookResult.Dropped, "is behind with too many topics");
    }

    /// <summary>Starts the attempts that are due, and returns their number.</summary>
    public int Pump()
    {
        for (var started = 0; ; started++)
        {
            WebhookQueue.Line line;
            lock (_gate)
                if (!_queue.TryTake(Milliseconds, out line)) return started;
            _ = Task.Run(() => AttemptAsync(line));
        }
    }

    /// <summary>Tries everything pending once more, and drops what is not delivered within <paramref name="period"/>.</summary>
    public async Task DrainAsync(TimeSpan period)
    {
        lock (_gate)
        {
            _isDraining = true;
            _queue.MakeAllDue();
            EndIfDrainedUnderLock();
        }

        using var deadline = new CancellationTokenSource(period, time);
        using var ending = deadline.Token.Register(_ending.Cancel);
        Pump();
        await _drained.Task;
        if (_dropped > 0) PresenceLog.WebhookDropped(logger, webhook.Name, _dropped);
    }

    public void Dispose() => _ending.Cancel();

    private long Milliseconds => time.GetTimestamp() / (time.TimestampFrequency / 1000);

    private async Task AttemptAsync(WebhookQueue.Line line)
    {
        WebhookAttempt attempt;
        try
        {
            // At the end of a drain thousands may be left; they are given up without a request.
            attempt = _ending.IsCancellationRequested
                ? new(WebhookOutcome.Retry, "was not asked again")
                : await client.PostAsync(webhook, line.Message, _ending.Token);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            PresenceLog.WebhookFaulted(logger, webhook.Name, exception);
            attempt = new(WebhookOutcome.Refused, "was not asked");
        }

        lock (_gate)
        {
            SettleUnderLock(line, attempt);
            EndIfDrainedUnderLock();
        }

        Pump();
    }

    private void SettleUnderLock(WebhookQueue.Line line, in WebhookAttempt attempt)
    {
        switch (attempt.Outcome)
        {
            case WebhookOutcome.Delivered:
                metrics.Count(WebhookResult.Delivered);
                if (_isFailing) PresenceLog.WebhookDelivers(logger, webhook.Name, _lost);
                (_isFailing, _lost) = (false, 0);
                break;
            case WebhookOutcome.Retry when _isDraining:
                metrics.Count(WebhookResult.Dropped);
                _dropped++;
                break;
            case WebhookOutcome.Retry when line.Attempts < maxAttempts:
                var delay = WebhookRetry.DelayAfter(line.Attempts, Random.Shared.NextDouble(), attempt.RetryAfter);
                _queue.Postpone(line, Milliseconds + (long)delay.TotalMilliseconds);
                metrics.CountRetry();
                return;
            case WebhookOutcome.Retry:
                LoseUnderLock(WebhookResult.GivenUp, attempt.Problem);
                break;
            default:
                LoseUnderLock(WebhookResult.Refused, attempt.Problem);
                break;
        }

        _queue.Finish(line);
    }

    private void LoseUnderLock(WebhookResult result, string problem)
    {
        metrics.Count(result);
        _lost++;
        if (!_isFailing) PresenceLog.WebhookFails(logger, webhook.Name, problem);
        _isFailing = true;
    }

    private void EndIfDrainedUnderLock()
    {
        if (_isDraining && _queue.Count == 0) _drained.TrySetResult();
    }
}
