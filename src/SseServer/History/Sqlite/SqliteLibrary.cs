using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>
/// Loads SQLite's own library. The single file for Linux holds it as a resource, which goes to memory and not to a temporary file: the root file system may be
/// read-only, and a directory for data is often one that no code may be loaded from. Otherwise it lies beside the program.
/// </summary>
internal static partial class SqliteLibrary
{
    private const string Name = "e_sqlite3";
    private const uint CloseOnExec = 1; // MFD_CLOEXEC

    // Asked for at the first call of each function: all of them are one library's, with one state.
    private static readonly Lazy<nint> Embedded = new(LoadEmbedded);

    public static void Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        // Microsoft.Data.Sqlite would look for it by reflection, which trimming does not see.
        Batteries_V2.Init();
    }

    // Zero leaves it to the runtime.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
        => name == Name && OperatingSystem.IsLinux() ? Embedded.Value : 0;

    private static nint LoadEmbedded()
    {
        using var resource = typeof(SqliteLibrary).Assembly.GetManifestResourceStream("libe_sqlite3.so");
        if (resource is null) return 0;
        using var memory = CreateMemoryFile(Name, CloseOnExec);
        if (memory.IsInvalid) return 0;
        using var file = new FileStream(memory, FileAccess.Write);
        resource.CopyTo(file);
        file.Flush();
        return NativeLibrary.Load($"/proc/self/fd/{memory.DangerousGetHandle()}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle CreateMemoryFile(string name, uint flags);
}
