using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SseServer.History.Sqlite;

/// <summary>
/// Identifies a file, whatever its path, by its device and inode number. On Linux only, where an open file can be deleted or replaced.
/// </summary>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode)
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint InodeMask = 0x100; // STATX_INO

    // statx(2): unlike stat's, its layout is the same on every architecture.
    private const int InodeAt = 32;
    private const int DeviceAt = 136;
    private const int StatxBytes = 256;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && HasStatx();

    /// <summary>The file at a path; null if there is none, or statx fails.</summary>
    public static FileIdentity? Of(string path)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        return Statx(CurrentDirectory, path, 0, InodeMask, stat) == 0 ? Read(stat) : null;
    }

    /// <summary>An open file; null if statx fails.</summary>
    public static FileIdentity? Of(SafeFileHandle file)
    {
        Span<byte> stat = stackalloc byte[StatxBytes];
        return Statx((int)file.DangerousGetHandle(), "", EmptyPath, InodeMask, stat) == 0 ? Read(stat) : null;
    }

    private static FileIdentity Read(ReadOnlySpan<byte> stat)
        => new(BinaryPrimitives.ReadUInt64LittleEndian(stat[DeviceAt..]), BinaryPrimitives.ReadUInt64LittleEndian(stat[InodeAt..]));

    // Older C libraries lack the function.
    private static bool HasStatx()
    {
        try
        {
            return Of("/") is not null;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> stat);
}
