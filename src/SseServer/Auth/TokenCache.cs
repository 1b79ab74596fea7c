using System.Collections.Concurrent;

namespace SseServer.Auth;

/// <summary>
/// Tokens that were verified recently, by their hashes, so that a client's next request costs no signature check. An entry is valid as long
/// as its token and the key set that verified it. Bounded: when the young half is full it becomes the old half, and entries of the previous
/// old half that were not used since are removed. Safe on any thread.
/// </summary>
internal sealed class TokenCache
{
    // Enough for some ten thousand clients with tokens at the same time; about 1 KB each.
    public const int MaxEntries = 2 * MaxHalf;

    private const int MaxHalf = 8192;

    private readonly Lock _gate = new();
    private Half _young = new();
    private Half _old = new();

    private readonly record struct Entry(Identity Identity, KeySet Keys);

    public Identity? Find(in CredentialHash hash, KeySet keys, DateTimeOffset now)
    {
        var young = Volatile.Read(ref _young);
        var isOld = false;
        if (!young.Entries.TryGetValue(hash, out var entry))
        {
            isOld = Volatile.Read(ref _old).Entries.TryGetValue(hash, out entry);
            if (!isOld) return null;
        }

        if (!ReferenceEquals(entry.Keys, keys) || entry.Identity.Expires <= now) return null;
        if (isOld) Add(hash, entry.Identity, keys);
        return entry.Identity;
    }

    public void Add(in CredentialHash hash, Identity identity, KeySet keys)
    {
        var young = Volatile.Read(ref _young);
        young.Entries[hash] = new(identity, keys);
        if (Interlocked.Increment(ref young.Count) < MaxHalf) return;
        lock (_gate)
        {
            if (!ReferenceEquals(young, _young)) return;
            Volatile.Write(ref _old, young);
            Volatile.Write(ref _young, new());
        }
    }

    private sealed class Half
    {
        public readonly ConcurrentDictionary<CredentialHash, Entry> Entries = new();

        // The number of additions, repeats included: the dictionary's own Count takes all of its locks.
        public int Count;
    }
}
