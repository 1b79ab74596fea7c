using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// Checks credentials: static keys and signed tokens. Keys, and tokens that were verified recently, are found by the hash of the
/// credential, without waiting or allocating. A credential that is not accepted is a failure, never the same as none. Safe on any thread.
/// </summary>
internal sealed class Authenticator : IDisposable
{
    private readonly AuthOptions _options;
    private readonly TimeProvider _time;
    private readonly AuthCounters _counters;
    private readonly StaticKeys _keys;
    private readonly TokenCache _cache = new();
    private readonly TokenVerifier? _verifier;
    private readonly KeyRing? _ring;

    /// <summary>Starts fetching keys if the options name a URL.</summary>
    public Authenticator(AuthOptions options, TimeProvider time, ILogger<Authenticator> logger)
    {
        (_options, _time, _counters) = (options, time, new AuthCounters(time, logger));
        _keys = new StaticKeys(options.Keys);
        if (options.Jwt is not { } jwt) return;
        _verifier = new TokenVerifier(jwt, options.MaxTokenBytes);
        _ring = new KeyRing(jwt, time, logger);
    }

    /// <summary>Whether any credential is accepted.</summary>
    public bool IsConfigured => _options.IsConfigured;

    /// <summary>The instruments that count refusals.</summary>
    public Meter Meter => _counters.Meter;

    /// <summary>Checks a credential. Waits only if the key of a token must be fetched.</summary>
    /// <param name="credential">A key or a token; the span is not used after this method returns.</param>
    public ValueTask<AuthResult> AuthenticateAsync(ReadOnlySpan<byte> credential)
    {
        // First of all: a credential that is too long is not even hashed.
        if (credential.Length > _options.MaxTokenBytes) return new(Refuse(AuthFailure.TooLarge));
        var hash = CredentialHash.Of(credential);
        if (_keys.Find(hash) is { } identity) return new(identity);
        if (_verifier is null || _ring is null || !UnverifiedToken.HasForm(credential)) return new(Refuse(AuthFailure.Unknown));
        if (_cache.Find(hash, _ring.Current, _time.GetUtcNow()) is { } verified) return new(verified);
        var failure = UnverifiedToken.TryRead(credential, _options.Jwt!.Claim, out var token);
        return failure == AuthFailure.None ? VerifyAsync(hash, token!, _verifier, _ring) : new(Refuse(failure));
    }

    public void Dispose()
    {
        _ring?.Dispose();
        _counters.Dispose();
    }

    private async ValueTask<AuthResult> VerifyAsync(CredentialHash hash, UnverifiedToken token, TokenVerifier verifier, KeyRing ring)
    {
        // First, because it costs nothing.
        var failure = verifier.CheckTimes(token, _time.GetUtcNow());
        if (failure != AuthFailure.None) return Refuse(failure);
        var set = await ring.FindSetAsync(token);
        var keys = set.Find(token.KeyId, token.Algorithm);
        if (keys.Length > 0) failure = await verifier.VerifyAsync(token, keys);
        else if (ring.AwaitsKeys) failure = AuthFailure.KeysUnavailable;
        else failure = token.KeyId is null || set.Names(token.KeyId) ? AuthFailure.WrongAlgorithm : AuthFailure.UnknownSigningKey;
        // An unknown kid is text of the peer, which the log must not repeat.
        if (failure != AuthFailure.None) return Refuse(failure, set.Names(token.KeyId) ? token.KeyId : null);
        var identity = Identity.OfToken(token.Subject, token.Expires, token.Grant, _options.Jwt!.Issuers.Count > 1 ? token.Issuer : null);
        _cache.Add(hash, identity, set);
        return identity;
    }

    private AuthFailure Refuse(AuthFailure failure, string? keyId = null)
    {
        _counters.Count(failure, keyId);
        return failure;
    }
}
