namespace SseServer.Auth;

/// <summary>The keys that verify tokens at one time. Immutable: a change makes a new set.</summary>
internal sealed class KeySet(SigningKey[] keys)
{
    public static readonly KeySet Empty = new([]);

    /// <summary>
    /// Returns the keys that may have signed a token of this algorithm and <c>kid</c>: those with that id, or all of the algorithm if the
    /// token has no <c>kid</c>. Never one of another algorithm.
    /// </summary>
    public SigningKey[] Find(string? id, SigningAlgorithm algorithm)
        => Array.FindAll(keys, key => key.Algorithm == algorithm && (id is null || id == key.Id));

    /// <summary>Returns whether a key of any algorithm has this id.</summary>
    public bool Names(string? id) => id is not null && Array.Exists(keys, key => key.Id == id);
}
