using System.Globalization;

namespace SseServer.Bench.FanOut.Linux;

/// <summary>What a process and its children have used so far, from /proc. See proc(5).</summary>
/// <param name="User">Processor time in user mode.</param>
/// <param name="System">Processor time in the kernel, which holds most of what sending costs.</param>
/// <param name="ResidentBytes">Resident memory. Pages shared by several processes of one server count in each.</param>
/// <param name="ProportionalBytes">The same with shared pages divided among their users (PSS), or 0 if it cannot be read.</param>
internal readonly record struct ProcessUsage(TimeSpan User, TimeSpan System, long ResidentBytes, long ProportionalBytes)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Reads the usage of a process tree. PSS only on demand: the kernel walks all pages for it.</summary>
    public static ProcessUsage Read(int process, bool proportional = false)
    {
        var usage = ReadOne(process, proportional);
        foreach (var child in Children(process))
        {
            var other = Read(child, proportional);
            usage = new ProcessUsage(usage.User + other.User, usage.System + other.System,
                usage.ResidentBytes + other.ResidentBytes, usage.ProportionalBytes + other.ProportionalBytes);
        }
        return usage;
    }

    /// <summary>Reads the usage of a process without its children, which for this one are the servers.</summary>
    public static ProcessUsage ReadOne(int process, bool proportional = false)
    {
        // The second field is the program's name in parentheses and may hold anything.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessUsage(
            Tick * long.Parse(fields[11], CultureInfo.InvariantCulture),
            Tick * long.Parse(fields[12], CultureInfo.InvariantCulture),
            ReadBytes($"/proc/{process}/status", "VmRSS:"),
            proportional ? ReadBytes($"/proc/{process}/smaps_rollup", "Pss:") : 0);
    }

    /// <summary>
    /// How long the first thread of this process was ready to run but had no core; 0 if the kernel has no CONFIG_SCHEDSTATS.
    /// </summary>
    public static TimeSpan ReadRunDelay()
    {
        const string path = "/proc/self/schedstat";
        return File.Exists(path)
            ? TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText(path).Split(' ')[1], CultureInfo.InvariantCulture) / 1000.0)
            : TimeSpan.Zero;
    }

    private static IEnumerable<int> Children(int process)
    {
        var path = $"/proc/{process}/task/{process}/children";
        return File.Exists(path)
            ? File.ReadAllText(path).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text => int.Parse(text, CultureInfo.InvariantCulture))
            : [];
    }

    private static long ReadBytes(string path, string name)
    {
        if (!File.Exists(path)) return 0;
        foreach (var line in File.ReadLines(path))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal)) continue;
            var number = line.AsSpan(name.Length).Trim();
            return 1024 * long.Parse(number[..number.IndexOf(' ')], CultureInfo.InvariantCulture);
        }
        return 0;
    }
}
