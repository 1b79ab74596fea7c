using System.Security.Cryptography;
using System.Text;

namespace SseServer.Auth;

/// <summary>
/// The static keys that let a publisher in, by name, so that one can be added before another is taken away. Compared by hash
/// and in fixed time: an answer's duration tells nothing of a key.
/// </summary>
internal sealed class PublishKeys
{
    private readonly byte[][] _hashes;

    public PublishKeys(IReadOnlyDictionary<string, string> keysByName)
        => _hashes = [.. keysByName.Values.Select(key => SHA256.HashData(Encoding.UTF8.GetBytes(key)))];

    public bool IsEmpty => _hashes.Length == 0;

    /// <summary>Whether <paramref name="key"/> is one of the keys. Looks at all of them.</summary>
    public bool Contains(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        var found = false;
        foreach (var known in _hashes) found |= CryptographicOperations.FixedTimeEquals(hash, known);
        return found;
    }
}
