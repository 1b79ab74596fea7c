using System.Text;

namespace SseServer.Auth;

/// <summary>The static keys, known by their hashes and compared in fixed time: an answer's duration tells nothing of a key.</summary>
internal sealed class StaticKeys
{
    private readonly CredentialHash[] _hashes;
    private readonly Identity[] _identities;

    public StaticKeys(IReadOnlyList<StaticKey> keys)
    {
        _hashes = [.. keys.Select(key => CredentialHash.Of(Encoding.UTF8.GetBytes(key.Secret)))];
        _identities = [.. keys.Select(Identity.OfKey)];
    }

    public bool IsEmpty => _hashes.Length == 0;

    /// <summary>Whose key it is; null for nobody's. Looks at all of them.</summary>
    public Identity? Find(in CredentialHash hash)
    {
        Identity? found = null;
        for (var i = 0; i < _hashes.Length; i++)
            if (_hashes[i].EqualsInFixedTime(hash)) found = _identities[i];
        return found;
    }
}
