using System.Text;

namespace SseServer.Tests.History.Faults;

/// <summary>What a process did to a file, as recorded by disk.c.</summary>
/// <param name="Kind">W for write, S for sync, T for truncate to the offset, U for unlink.</param>
/// <param name="Name">The file within the directory.</param>
/// <param name="Offset">The position of a write, or the new length.</param>
/// <param name="Bytes">What was written.</param>
internal sealed record DiskOperation(char Kind, string Name, long Offset, byte[] Bytes)
{
    /// <summary>The whole records of a log, in order.</summary>
    public static List<DiskOperation> ReadLog(string path)
    {
        var operations = new List<DiskOperation>();
        using var log = new BinaryReader(File.OpenRead(path));
        var length = log.BaseStream.Length;
        while (length - log.BaseStream.Position >= 25)
        {
            var (kind, nameLength, offset, byteCount) = ((char)log.ReadByte(), log.ReadInt64(), log.ReadInt64(), log.ReadInt64());
            if (length - log.BaseStream.Position < nameLength + byteCount) break;
            operations.Add(new(kind, Encoding.UTF8.GetString(log.ReadBytes((int)nameLength)), offset, log.ReadBytes((int)byteCount)));
        }

        return operations;
    }
}
