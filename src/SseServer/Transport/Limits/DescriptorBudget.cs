using System.Globalization;

namespace SseServer.Transport.Limits;

/// <summary>
/// How many connections the process's limit on open files leaves room for. The runtime needs descriptors itself (it opens files when code
/// first runs, and aborts if it cannot), so connections must not take the last ones.
/// </summary>
internal static class DescriptorBudget
{
    /// <summary>Reserved for the runtime, logs, stores and certificates: about half of what a new process has open.</summary>
    public const int Reserve = 64;

    private const string Limits = "/proc/self/limits";
    private const string Name = "Max open files";

    /// <summary>
    /// The limit on connections: <paramref name="wanted"/>, or what descriptors allow if that is less. 0 wants as many as possible, and
    /// means unlimited in the result. On systems other than Linux it is <paramref name="wanted"/>.
    /// </summary>
    public static int Bound(int wanted)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Limits)) return wanted;
        var limit = Parse(File.ReadAllText(Limits));
        if (limit == 0) return wanted;
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        return Bound(wanted, limit, open);
    }

    /// <summary>The same for given numbers. One connection is always allowed.</summary>
    public static int Bound(int wanted, int limit, int open)
    {
        var room = Math.Max(1, limit - open - Reserve - ConnectionLimits.MaxRefusing);
        return wanted == 0 ? room : Math.Min(wanted, room);
    }

    /// <summary>The soft limit in the text of /proc/self/limits (proc(5)); 0 if there is none.</summary>
    public static int Parse(string limits)
    {
        foreach (var line in limits.Split('\n'))
        {
            if (!line.StartsWith(Name, StringComparison.Ordinal)) continue;
            var soft = line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            if (long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
                return (int)Math.Min(limit, int.MaxValue);
        }

        return 0;
    }
}
