using System.Buffers.Binary;
using System.Numerics;

namespace SseServer.History.Sqlite;

/// <summary>CRC-32C (RFC 3720 appendix B.4), eight bytes at a time by the processor's own instruction where it has one.</summary>
internal static class BlockChecksum
{
    /// <summary>The checksum of a block's bytes in the row of a topic and first id.</summary>
    public static uint Compute(long topicId, long firstId, ReadOnlySpan<byte> bytes)
    {
        var crc = BitOperations.Crc32C(BitOperations.Crc32C(~0u, (ulong)topicId), (ulong)firstId);
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
