using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace SseServer.History.Sqlite;

/// <summary>
/// Loads SQLite's native library. The single-file program for Linux has it as a resource, and loads it from memory rather than from a
/// temporary file: the root file system may be read-only, and a data directory is often mounted noexec. Other builds have it next to the
/// program.
/// </summary>
internal static partial class SqliteLibrary
{
    private const string Name = "e_sqlite3";
    private const uint CloseOnExec = 1; // MFD_CLOEXEC

    // The resolver is called once for each function; all functions must come from one instance of the library.
    private static readonly Lazy<nint> Embedded = new(LoadEmbedded);

    public static void Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        // Microsoft.Data.Sqlite would do this by reflection, which trimming does not see.
        Batteries_V2.Init();
    }

    // Zero lets the runtime find the library.
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
