using System.Diagnostics;

namespace SseServer.Tests.History.Faults;

/// <summary>disk.c, compiled once, and put under a process.</summary>
internal static class FaultyDisk
{
    private static readonly Lazy<string?> Library = new(Compile);

    /// <summary>Has the process load it; the test is skipped where it cannot be.</summary>
    /// <param name="start">The process.</param>
    /// <param name="directory">Whose files are looked at.</param>
    /// <param name="log">Takes a record for each operation.</param>
    /// <param name="fault">The file that says what is to fail, while it exists.</param>
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
            using var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-O1", "-o", library, Path.Combine(AppContext.BaseDirectory, "History/Faults/disk.c"), "-ldl"]);
            gcc.WaitForExit();
            return gcc.ExitCode == 0 ? library : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
