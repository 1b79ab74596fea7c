using System.Text;

namespace SseServer.Auth;

/// <summary>
/// A key that its owner sends as it is. There can be several, by name, so that one can be added before another is removed.
/// </summary>
internal sealed record StaticKey
{
    public required string Name { get; init; }

    /// <summary>Never logged, never printed.</summary>
    public required string Secret { get; init; }

    public TopicPatterns Publish { get; init; } = TopicPatterns.None;

    public TopicPatterns Subscribe { get; init; } = TopicPatterns.None;

    public bool IsAdmin { get; init; }

    // The default of a record would print the secret.
    public override string ToString() => $"key {Name}";
}

/// <summary>The static keys, stored by their hashes and compared in constant time, so that timing reveals nothing about a key.</summary>
internal sealed class StaticKeys
{
    private readonly CredentialHash[] _hashes;
    private readonly Identity[] _identities;

    public StaticKeys(IReadOnlyList<StaticKey> keys)
    {
        _hashes = [.. keys.Select(key => CredentialHash.Of(Encoding.UTF8.GetBytes(key.Secret)))];
        _identities = [.. keys.Select(Identity.OfKey)];
    }

    /// <summary>Returns the identity of a key's owner; null if there is no such key. Always compares all keys.</summary>
    public Identity? Find(in CredentialHash hash)
    {
        Identity? found = null;
        for (var i = 0; i < _hashes.Length; i++)
            if (_hashes[i].EqualsInFixedTime(hash)) found = _identities[i];
        return found;
    }
}
