using System.Runtime.InteropServices;

namespace SseServer.Bench.FanOut.Linux;

/// <summary>The limit of open files (RLIMIT_NOFILE), which child processes inherit.</summary>
internal static partial class FileLimit
{
    private const int OpenFiles = 7;

    /// <summary>Raises the soft limit to the hard one and returns it.</summary>
    public static long Raise()
    {
        if (Get(OpenFiles, out var limit) != 0) return 1024;
        limit.Soft = limit.Hard;
        _ = Set(OpenFiles, in limit);
        return (long)Math.Min(limit.Hard, long.MaxValue);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int Get(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int Set(int resource, in Limit limit);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }
}
