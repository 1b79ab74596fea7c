using System.Security.Cryptography;

namespace SseServer.Relay;

/// <summary>
/// The newest ids of a source's events, each as 16 bytes of SHA-256, so that a source cannot choose two that collide. One thread at a time.
/// </summary>
/// <param name="capacity">The number of ids; a new one replaces the oldest.</param>
internal sealed class KnownIds(int capacity)
{
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();

    public int Count => _order.Count;

    /// <summary>Adds an id; false if it is already known.</summary>
    public bool TryAdd(ReadOnlySpan<byte> id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        var key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
        if (!_known.Add(key)) return false;
        if (_order.Count == capacity) _known.Remove(_order.Dequeue());
        _order.Enqueue(key);
        return true;
    }
}
