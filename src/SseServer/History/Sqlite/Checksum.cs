using System.Buffers.Binary;
using System.Numerics;

namespace SseServer.History.Sqlite;

/// <summary>
/// CRC-32C (RFC 3720 appendix B.4) over a block, or over the numbers of a row: SQLite itself does not notice a byte that the disk has
/// changed. Eight bytes at a time, by the processor's own instruction if it has one.
/// </summary>
internal static class Checksum
{
    // In rows that an older format wrote, which had no checksums.
    private const long None = -1;

    /// <summary>The checksum of a block's bytes in the row of a topic and first id.</summary>
    public static uint OfBlock(long topicId, long firstId, ReadOnlySpan<byte> bytes)
    {
        var crc = BitOperations.Crc32C(BitOperations.Crc32C(~0u, (ulong)topicId), (ulong)firstId);
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    /// <summary>The checksum of a row's numbers, and of the name that it may have.</summary>
    public static long OfRow(ReadOnlySpan<byte> name, params ReadOnlySpan<long> numbers)
    {
        var crc = OfBlock(name.Length, 0, name);
        foreach (var number in numbers) crc = BitOperations.Crc32C(crc, (ulong)number);
        return crc;
    }

    /// <summary>Whether the checksum that a row holds fits the one of its numbers.</summary>
    public static bool Fits(long stored, long computed) => stored == computed || stored == None;
}
