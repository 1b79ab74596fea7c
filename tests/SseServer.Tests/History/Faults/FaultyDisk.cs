using System.Diagnostics;

namespace SseServer.Tests.History.Faults;

/// <summary>Compiles disk.c, once, and loads it into a process.</summary>
internal static class FaultyDisk
{
    private static readonly Lazy<string?> Library = new(Compile);

    /// <summary>Makes the process load the library; ignores the test if there is no compiler.</summary>
    /// <param name="start">The process.</param>
    /// <param name="directory">The directory whose files are watched.</param>
    /// <param name="log">The file that gets a record of each operation.</param>
    /// <param name="fault">A file that says which operations fail, while it exists.</param>
    public static void PutUnder(ProcessStartInfo start, string directory, string log, string fault)
    {
        if (Library.Value is not { } library)
        {
            Assert.Ignore("Needs gcc, on Linux.");
            return;
        }

        start.Environment["LD_PRELOAD"] = library;
        start.Environment["DISK_DIRECTORY"] = directory;
        start.Environment["DISK_LOG"] = log;
        start.Environment["DISK_FAULT"] = fault;
    }

    private static string? Compile()
    {
        if (!OperatingSystem.IsLinux()) return null;
        var library = Path.Combine(AppContext.BaseDirectory, "History/Faults/disk.so");
        try
        {
            var source = Path.Combine(AppContext.BaseDirectory, "History/Faults/disk.c");
            using var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
            gcc.WaitForExit();
            return gcc.ExitCode == 0 ? library : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
