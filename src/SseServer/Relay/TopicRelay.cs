using System.Text;
using Microsoft.Extensions.Logging;
using SseServer.Hub;
using SseServer.Protocol.EventStream;

namespace SseServer.Relay;

/// <summary>
/// Feeds one topic from another server's event stream with one task, which reads, publishes, and waits until the events are published, so
/// that a slow hub slows the source down. Each read is one batch. It never gives up, because unlike a page it has an operator who reads the
/// log.
/// </summary>
internal sealed partial class TopicRelay : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    // As often as the store retries after a failure.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly RelayOptions _options;
    private readonly EventHub _hub;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly EventSource _source;
    private readonly PositionTopic _positions;
    private readonly RelayPosition _position;
    private readonly EventStreamParser _parser;
    private readonly byte[] _buffer = new byte[ReadBytes];
    private readonly string _topic;
    private string? _problem;
    private TimeSpan _retry;
    private int _failures;
    private bool _hasStreamed;
    private bool _isOpen;
    private volatile bool _isPausing;

    public TopicRelay(RelayOptions options, EventHub hub, TimeProvider time, ILogger logger)
    {
        (_options, _hub, _time, _logger) = (options, hub, time, logger);
        _topic = Encoding.UTF8.GetString(options.Topic);
        _source = new EventSource(options);
        _positions = new PositionTopic(options);
        _position = new RelayPosition(options.KnownIds);
        _parser = new EventStreamParser(options.MaxEventBytes, isClient: true);
        _retry = options.Retry;
        Counters = new RelayMetrics.Counters(_topic);
    }

    public RelayMetrics.Counters Counters { get; }

    /// <summary>Whether it waits for its next attempt.</summary>
    internal bool IsPausing => _isPausing;

    /// <summary>Relays until it is stopped, or until the source or the topic has ended. Never fails.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            await RestoreAsync(stopping);
            while (await FollowAsync(stopping))
            {
                Counters.Reconnects++;
                await PauseAsync(RelayBackoff.Delay(_retry, _options.MaxRetry, ++_failures, Random.Shared.NextDouble()), stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            RelayLog.Failed(_logger, _topic, e);
        }
    }

    public void Dispose() => _source.Dispose();

    /// <summary>Serves one connection, from the request to its end; false if the relay must stop.</summary>
    private async Task<bool> FollowAsync(CancellationToken stopping)
    {
        using var silence = new CancellationTokenSource(_options.IdleTimeout, _time);
        using var stop = stopping.UnsafeRegister(static silence => ((CancellationTokenSource)silence!).Cancel(), silence);
        try
        {
            using var response = await _source.RequestAsync(_position.LastEventId, silence.Token);
            if (response.IsEnd)
            {
                RelayLog.Over(_logger, _topic, _source.Name);
                return false;
            }

            if (response.Problem is null)
            {
                await using var stream = await response.OpenAsync(silence.Token);
                return await RelayAsync(stream, silence, stopping);
            }

            Fail(response.Problem);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            Fail("is silent");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Fail($"cannot be read ({e.GetBaseException().Message.TrimEnd('.')})");
        }

        // Keeps the position from expiring while the source is down.
        return await PublishAsync(default, stopping);
    }

    private async Task<bool> RelayAsync(Stream stream, CancellationTokenSource silence, CancellationToken stopping)
    {
        if (!_hasStreamed || _problem is not null) RelayLog.Streams(_logger, _topic, _source.Name);
        (_hasStreamed, _isOpen, _problem) = (true, true, null);
        // An event that was cut off is incomplete (WHATWG HTML 9.2.6); the next stream sends all of it.
        _parser.Reset();
        Counters.IsUp = true;
        try
        {
            while (true)
            {
                silence.CancelAfter(_options.IdleTimeout);
                var length = await stream.ReadAsync(_buffer, silence.Token);
                if (length == 0) break;
                // Leaves the runtime's epoll thread, which a source that always has more would keep from all other sockets.
                await Task.Yield();
                // While the source waits for us, its silence does not count.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
                if (!await PublishAsync(_buffer.AsMemory(0, length), stopping)) return false;
            }
        }
        finally
        {
            Counters.IsUp = false;
        }

        Fail("ended its stream");
        return true;
    }

    // The end of a stream is normal and logged at Debug; a source that gives no stream is logged as a warning, once per reason.
    private void Fail(string problem)
    {
        if (_isOpen)
        {
            _isOpen = false;
            RelayLog.Ended(_logger, _topic, _source.Name, problem);
            return;
        }

        if (problem == _problem) return;
        _problem = problem;
        RelayLog.Fails(_logger, _topic, _source.Name, problem);
    }

    private async Task PauseAsync(TimeSpan delay, CancellationToken stopping)
    {
        _isPausing = true;
        await Task.Delay(delay, _time, stopping);
        _isPausing = false;
    }
}
