using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// All keys that tokens are checked with, from wherever they come: settings, PEM files that are read again when they change, a JWK set. Whenever one source changes
/// there is another <see cref="KeySet"/>. Safe on any thread.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    // As soon as an administrator who replaces a key would look whether it works.
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
        // One slot for the settings, one a file, one for the URL.
        _bySource = new SigningKey[_files.Count + 2][];
        Array.Fill(_bySource, []);
        Replace(0, [.. options.Keys]);
        ReadFiles();
        if (_files.Count > 0) _fileTimer = time.CreateTimer(static ring => ((KeyRing)ring!).ReadFiles(), this, FileInterval, FileInterval);
        if (options.JwksUrl is { } url) _jwks = new JwksSource(url, options.JwksRefresh, keys => Replace(_bySource.Length - 1, keys), time, logger);
    }

    public KeySet Current => Volatile.Read(ref _current);

    /// <summary>Keys may be missing because their URL never answered: that is not the token's fault.</summary>
    public bool AwaitsKeys => _jwks is { HasFetched: false };

    /// <summary>The set in which the token's key is to be looked for, fetched again where it is not in the one at hand.</summary>
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
            // Compared by what it holds: a file that is a link changes without a new date.
            if (text is not null && text == _fileTexts[i]) continue;
            var key = text is null ? null : PemKey.Read(file.Id, file.Algorithm, text, out problem);
            if (key is null)
            {
                // Said once for each change, not at each look.
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
            Volatile.Write(ref _current, new([.. _bySource.SelectMany(some => some)]));
        }
    }
}
