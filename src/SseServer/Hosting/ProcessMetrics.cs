using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SseServer.Hosting;

/// <summary>What the process costs its machine, under the names that Prometheus' own clients use.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private static readonly string[] Generations = ["0", "1", "2"];

    public ProcessMetrics()
    {
        Meter.CreateObservableGauge("sse_server_info", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", ProductVersion.Text)), description: "The version that runs; always 1.");
        Meter.CreateObservableGauge("process_start_time_seconds", StartTime(), description: "When the process began, in seconds since 1970.");
        Meter.CreateObservableCounter("process_cpu_seconds_total", () => Environment.CpuUsage.TotalTime.TotalSeconds, description: "Processor time, of user and kernel.");
        Meter.CreateObservableGauge("process_resident_memory_bytes", () => Environment.WorkingSet, description: "Memory of the process that is in RAM.");
        Meter.CreateObservableGauge("process_open_fds", OpenFiles, description: "Open descriptors; 0 where the system does not tell.");
        Meter.CreateObservableGauge("process_threads", () => (long)Process.GetCurrentProcess().Threads.Count, description: "Threads.");
        Meter.CreateObservableGauge("dotnet_gc_heap_bytes", () => GC.GetTotalMemory(forceFullCollection: false), description: "Bytes of objects, garbage included.");
        Meter.CreateObservableCounter("dotnet_gc_allocated_bytes_total", () => GC.GetTotalAllocatedBytes(), description: "Bytes ever allocated.");
        Meter.CreateObservableCounter("dotnet_gc_collections_total", Collections, description: "Garbage collections by generation.");
        Meter.CreateObservableCounter("dotnet_gc_pause_seconds_total", () => GC.GetTotalPauseDuration().TotalSeconds, description: "Time in which collections stopped the process.");
    }

    public Meter Meter { get; } = new("SseServer.Process");

    public void Dispose() => Meter.Dispose();

    private static Func<double> StartTime()
    {
        using var process = Process.GetCurrentProcess();
        var start = new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        return () => start;
    }

    private static long OpenFiles()
    {
        const string descriptors = "/proc/self/fd";
        return Directory.Exists(descriptors) ? Directory.EnumerateFileSystemEntries(descriptors).LongCount() : 0;
    }

    private static Measurement<long>[] Collections()
        => Array.ConvertAll(Generations, generation => new Measurement<long>(GC.CollectionCount(generation[0] - '0'), new KeyValuePair<string, object?>("generation", generation)));
}
