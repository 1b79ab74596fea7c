using System.Globalization;

namespace SseServer.Transport.Limits;

/// <summary>
/// How many connections the process's limit of open files leaves room for. The runtime itself cannot do without descriptors (it
/// opens files when code first runs, and aborts where it cannot), so connections must not take the last ones.
/// </summary>
internal static class DescriptorBudget
{
    /// <summary>Kept free for the runtime, logs, stores and certificates: about half of what a fresh process has open.</summary>
    public const int Reserve = 64;

    private const string Limits = "/proc/self/limits";
    private const string Name = "Max open files";

    /// <summary>
    /// The bound on connections: <paramref name="wanted"/>, or what descriptors allow where that is less; 0 is no bound, and wanted so means
    /// as many as possible. Where the system does not tell (anywhere but on Linux), it is what is wanted.
    /// </summary>
    public static int Bound(int wanted)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Limits)) return wanted;
        var limit = Parse(File.ReadAllText(Limits));
        if (limit == 0) return wanted;
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        return Bound(wanted, limit, open);
    }

    /// <summary>The same of known numbers. One connection is always allowed.</summary>
    public static int Bound(int wanted, int limit, int open)
    {
        var room = Math.Max(1, limit - open - Reserve - ConnectionLimits.MaxRefusing);
        return wanted == 0 ? room : Math.Min(wanted, room);
    }

    /// <summary>The soft limit in the text of /proc/self/limits (proc(5)); 0 where there is none.</summary>
    public static int Parse(string limits)
    {
        foreach (var line in limits.Split('\n'))
        {
            if (!line.StartsWith(Name, StringComparison.Ordinal)) continue;
            var soft = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            if (long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)) return (int)Math.Min(limit, int.MaxValue);
        }

        return 0;
    }
}
