using Microsoft.Extensions.Logging;

namespace SseServer.Presence;

/// <summary>
/// Delivers to one webhook, some topics at once. It has no timer: <see cref="Pump"/> begins what is due. Safe on any thread.
/// </summary>
internal sealed class WebhookSender(WebhookOptions webhook, int maxAttempts, WebhookClient client, WebhookMetrics metrics, TimeProvider time, ILogger logger)
    : IDisposable
{
    private readonly Lock _gate = new();
    private readonly WebhookQueue _queue = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private bool _isDraining;
    private bool _isFailing;
    private long _lost;
    private int _dropped;

    /// <summary>Topics with something to deliver.</summary>
    public int Pending
    {
        get
        {
            lock (_gate) return _queue.Count;
        }
    }

    /// <summary>Tells of a change, where the webhook is to be told of its topic; after the next <see cref="Pump"/>.</summary>
    public void Enqueue(in OccupancyChange change)
    {
        if (!PresenceOptions.Names(webhook.Topics, change.Topic)) return;
        var message = new WebhookMessage(change, time.GetUtcNow());
        lock (_gate)
            if (!_queue.TryAdd(message)) LoseUnderLock(WebhookResult.Dropped, "is behind with too many topics");
    }

    /// <summary>Begins the attempts that are due, and gives their number.</summary>
    public int Pump()
    {
        for (var begun = 0; ; begun++)
        {
            WebhookQueue.Line line;
            lock (_gate)
                if (!_queue.TryTake(Milliseconds, out line)) return begun;
            _ = Task.Run(() => AttemptAsync(line));
        }
    }

    /// <summary>Tries everything that is pending once more, and drops what has not arrived after a time.</summary>
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
            // At the end of a drain thousands may be left, which need no request each to be given up.
            attempt = _ending.IsCancellationRequested ? new(WebhookOutcome.Retry, "is not asked any more") : await client.PostAsync(webhook, line.Message, _ending.Token);
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
                _queue.Postpone(line, Milliseconds + (long)WebhookRetry.DelayAfter(line.Attempts, Random.Shared.NextDouble(), attempt.RetryAfter).TotalMilliseconds);
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
