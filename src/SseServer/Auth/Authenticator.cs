using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// Tells whose a credential is: a static key's, or a signed token's. Keys and tokens that were verified lately are found by the credential's hash, without waiting and
/// without allocating. A credential that is not accepted is never taken for none. Safe on any thread.
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

    /// <summary>Begins to fetch keys where the options name a URL.</summary>
    public Authenticator(AuthOptions options, TimeProvider time, ILogger<Authenticator> logger)
    {
        (_options, _time, _counters) = (options, time, new AuthCounters(time, logger));
        _keys = new StaticKeys(options.Keys);
        if (options.Jwt is not { } jwt) return;
        _verifier = new TokenVerifier(jwt, options.MaxTokenBytes);
        _ring = new KeyRing(jwt, time, logger);
    }

    /// <summary>Whether credentials mean anything here.</summary>
    public bool IsConfigured => _options.IsConfigured;

    /// <summary>What it counts.</summary>
    public Meter Meter => _counters.Meter;

    /// <summary>Waits only where a token's key has to be fetched.</summary>
    /// <param name="credential">A key or a token; the span is not looked at after this returns.</param>
    public ValueTask<AuthResult> AuthenticateAsync(ReadOnlySpan<byte> credential)
    {
        // Before anything else: what is too long is not even hashed.
        if (credential.Length > _options.MaxTokenBytes) return new(Refuse(AuthFailure.TooLarge));
        var hash = CredentialHash.Of(credential);
        if (_keys.Find(hash) is { } holder) return new(holder);
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
        // First, since it costs nothing.
        var failure = verifier.CheckTimes(token, _time.GetUtcNow());
        if (failure != AuthFailure.None) return Refuse(failure);
        var set = await ring.FindSetAsync(token);
        var keys = set.Find(token.KeyId, token.Algorithm);
        if (keys.Length > 0) failure = await verifier.VerifyAsync(token, keys);
        else if (ring.AwaitsKeys) failure = AuthFailure.KeysUnavailable;
        else failure = token.KeyId is null || set.Names(token.KeyId) ? AuthFailure.WrongAlgorithm : AuthFailure.UnknownSigningKey;
        // A kid that is not known is what a peer wrote: the log does not repeat it.
        if (failure != AuthFailure.None) return Refuse(failure, set.Names(token.KeyId) ? token.KeyId : null);
        var identity = Identity.OfToken(token.Subject, token.Expires, token.Grant);
        _cache.Add(hash, identity, set);
        return identity;
    }

    private AuthFailure Refuse(AuthFailure failure, string? keyId = null)
    {
        _counters.Count(failure, keyId);
        return failure;
    }
}
