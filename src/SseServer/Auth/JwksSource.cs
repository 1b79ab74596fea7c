using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// Keeps a JWK set from a URL up to date: fetches it at the start, then regularly, and when a token names an unknown key. There is one
/// fetch at a time, and callers that need one wait for it. A fetch that fails changes nothing. Safe on any thread.
/// </summary>
internal sealed class JwksSource : IDisposable
{
    // A set of a dozen RSA keys with their certificates takes 30 KB.
    private const int MaxBytes = 256 * 1024;

    // Requests with tokens wait at most this long.
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);

    // How often unknown kids, which anyone can make up, may cause a fetch.
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Uri _url;
    private readonly string _name;
    private readonly Action<SigningKey[]> _onKeys;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http;
    private readonly ITimer _timer;
    private Task _fetch = Task.CompletedTask;
    private long? _startedAt;
    private byte[]? _lastHash;

    /// <param name="url">The URL of the set.</param>
    /// <param name="refresh">The interval between fetches; the first one starts immediately.</param>
    /// <param name="onKeys">Receives each set that differs from the previous one, one at a time.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For changes and failures.</param>
    public JwksSource(Uri url, TimeSpan refresh, Action<SigningKey[]> onKeys, TimeProvider time, ILogger logger)
    {
        (_url, _onKeys, _time, _logger) = (url, onKeys, time, logger);
        // Without the query, which may hold a secret.
        _name = url.GetLeftPart(UriPartial.Path);
        _http = new HttpClient(new SocketsHttpHandler
        {
            // A redirect could lead from https to http, or into a private network.
            AllowAutoRedirect = false,
            UseCookies = false,
            // The environment's proxy cannot reach this machine's loopback, only its own, and would learn where the keys are.
            UseProxy = !url.IsLoopback,
            // So that DNS names are resolved again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        { MaxResponseContentBufferSize = MaxBytes, Timeout = Timeout.InfiniteTimeSpan };
        _timer = time.CreateTimer(static source => ((JwksSource)source!).FetchAsync(TimeSpan.Zero), this, refresh, refresh);
        FetchAsync(TimeSpan.Zero);
    }

    /// <summary>Whether a set was ever fetched.</summary>
    public bool HasFetched => Volatile.Read(ref _lastHash) is not null;

    /// <summary>Fetches the set because a token names an unknown key, unless a fetch began recently. Never fails.</summary>
    public Task FetchForUnknownKeyAsync() => FetchAsync(MinInterval);

    public void Dispose()
    {
        _timer.Dispose();
        _stopping.Cancel();
        _http.Dispose();
    }

    private Task FetchAsync(TimeSpan minInterval)
    {
        lock (_gate)
        {
            if (!_fetch.IsCompleted) return _fetch;
            if (_startedAt is { } startedAt && _time.GetElapsedTime(startedAt) < minInterval) return Task.CompletedTask;
            _startedAt = _time.GetTimestamp();
            return _fetch = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        string? problem;
        try
        {
            problem = await TryFetchAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            problem = "could not be fetched: " + exception.Message;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            if (_stopping.IsCancellationRequested) return;
            problem = "did not answer in time";
        }

        if (problem is not null) AuthLog.KeysUnreadable(_logger, _name, problem);
    }

    private async Task<string?> TryFetchAsync()
    {
        using var timeout = new CancellationTokenSource(FetchTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        using var response = await _http.GetAsync(_url, either.Token);
        if (response.StatusCode != HttpStatusCode.OK)
            return string.Create(CultureInfo.InvariantCulture, $"answers {(int)response.StatusCode}");
        var bytes = await response.Content.ReadAsByteArrayAsync(either.Token);
        var hash = SHA256.HashData(bytes);
        // The same set: tokens that were verified with it stay verified.
        if (_lastHash is not null && hash.AsSpan().SequenceEqual(_lastHash)) return null;
        if (JwksDocument.Read(bytes, out var problem) is not { } keys) return problem;
        _onKeys(keys);
        Volatile.Write(ref _lastHash, hash);
        AuthLog.KeysRead(_logger, _name, keys.Length);
        return null;
    }
}
