using System.Security.Cryptography;

namespace SseServer.Relay;

/// <summary>
/// The newest ids that a source gave to events, as 16 bytes of SHA-256 each: a source cannot choose two that look alike. One caller at a time.
/// </summary>
/// <param name="capacity">How many; the oldest is forgotten for the next.</param>
internal sealed class KnownIds(int capacity)
{
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<UInt128> _order = new();

    public int Count => _order.Count;

    /// <summary>False where the id is known already.</summary>
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
