namespace SseServer.Auth;

/// <summary>The keys that tokens are checked with at one moment. Immutable: another set is another moment.</summary>
internal sealed class KeySet(SigningKey[] keys)
{
    public static readonly KeySet Empty = new([]);

    /// <summary>
    /// The keys that a token of this algorithm and <c>kid</c> may be signed with: those that are named so, or all of the algorithm where the
    /// token names none. Never one of another algorithm.
    /// </summary>
    public SigningKey[] Find(string? id, SigningAlgorithm algorithm)
        => Array.FindAll(keys, key => key.Algorithm == algorithm && (id is null || id == key.Id));

    /// <summary>Whether a key is named so, of whatever algorithm.</summary>
    public bool Names(string? id) => id is not null && Array.Exists(keys, key => key.Id == id);
}
