using System.Numerics;

namespace SseServer.History.Sqlite;

/// <summary>
/// CRC-32C over the numbers of a row, and a name that it may have: SQLite itself does not notice a number that a disk has changed.
/// </summary>
internal static class RowChecksum
{
    /// <summary>Stands in rows that an older format wrote, which had none.</summary>
    public const long None = -1;

    public static long Compute(params ReadOnlySpan<long> numbers) => Compute([], numbers);

    public static long Compute(ReadOnlySpan<byte> name, params ReadOnlySpan<long> numbers)
    {
        var crc = BlockChecksum.Compute(name.Length, 0, name);
        foreach (var number in numbers) crc = BitOperations.Crc32C(crc, (ulong)number);
        return crc;
    }

    public static bool IsRight(long stored, long computed) => stored == computed || stored == None;
}
