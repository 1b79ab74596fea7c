using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// All keys that verify tokens, from every source: the settings, PEM files, which are read again when they change, and a JWK set. Whenever
/// a source changes there is a new <see cref="KeySet"/>. Safe on any thread.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    // Shorter than an administrator waits before testing a replaced key.
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly IReadOnlyList<KeyFile> _files;
    private readonly string?[] _fileTexts;
    private readonly SigningKey[][] _bySource;
    private readonly ILogger _logger;
    private readonly ITimer? _fileTimer;
    private readonly JwksSource? _jwks;
    private KeySet _current = KeySet.Empty;

    public KeyRing(JwtOptions options, TimeProvider time, ILogger logger)
    {
        _logger = logger;
        _files = options.KeyFiles;
        _fileTexts = new string?[_files.Count];
        // One slot for the settings, one per file, one for the URL.
        _bySource = new SigningKey[_files.Count + 2][];
        Array.Fill(_bySource, []);
        Replace(0, [.. options.Keys]);
        ReadFiles();
        if (_files.Count > 0)
            _fileTimer = time.CreateTimer(static ring => ((KeyRing)ring!).ReadFiles(), this, FileInterval, FileInterval);
        if (options.JwksUrl is { } url)
            _jwks = new JwksSource(url, options.JwksRefresh, keys => Replace(_bySource.Length - 1, keys), time, logger);
    }

    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>Whether keys may be missing because their URL has not been fetched yet, which is not the token's fault.</summary>
    public bool AwaitsKeys => _jwks is { HasFetched: false };

    /// <summary>Returns the set that should hold the token's key; fetches it again if the current one does not.</summary>
    public ValueTask<KeySet> FindSetAsync(UnverifiedToken token)
    {
        var keys = Current;
        return _jwks is null || keys.Find(token.KeyId, token.Algorithm).Length > 0 ? new(keys) : FetchSetAsync(_jwks);
    }

    public void Dispose()
    {
        _fileTimer?.Dispose();
        _jwks?.Dispose();
    }

    private async ValueTask<KeySet> FetchSetAsync(JwksSource jwks)
    {
        await jwks.FetchForUnknownKeyAsync();
        return Current;
    }

    private void ReadFiles()
    {
        for (var i = 0; i < _files.Count; i++)
        {
            var file = _files[i];
            var text = file.ReadText(out var problem);
            // Compared by content: a symbolic link can change without a new modification time.
            if (text is not null && text == _fileTexts[i]) continue;
            var key = text is null ? null : PemKey.Read(file.Id, file.Algorithm, text, out problem);
            if (key is null)
            {
                // Logged once per change, not at each check.
                if (_fileTexts[i] is not null) AuthLog.KeysUnreadable(_logger, file.Path, problem!);
                _fileTexts[i] = null;
                continue;
            }

            _fileTexts[i] = text;
            Replace(i + 1, [key]);
            AuthLog.KeysRead(_logger, file.Path, 1);
        }
    }

    private void Replace(int source, SigningKey[] keys)
    {
        lock (_gate)
        {
            _bySource[source] = keys;
            Volatile.Write(ref _current, new([.. _bySource.SelectMany(keysOfSource => keysOfSource)]));
        }
    }
}
