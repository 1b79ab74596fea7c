using System.Diagnostics;
using System.Diagnostics.Metrics;
using SseServer.Endpoints;

namespace SseServer.Hosting;

/// <summary>
/// CPU, memory and collector metrics under the names that Prometheus client libraries use, which dashboards know. The runtime's own meter
/// has other names, and none for descriptors and start time.
/// </summary>
internal sealed class ProcessMetrics : IDisposable
{
    private static readonly string[] Generations = ["0", "1", "2"];

    public ProcessMetrics()
    {
        var start = StartTime();
        Gauge("sse_server_info", "The version that runs; always 1.", () => new(1, Tag("version", ProductVersion.Text)));
        Gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", () => new(start));
        Counter("process_cpu_seconds_total", "CPU time in user and kernel mode.", () => Environment.CpuUsage.TotalTime.TotalSeconds);
        Gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", () => new(Environment.WorkingSet));
        Gauge("process_open_fds", "Open file descriptors; 0 if unknown.", () => new(OpenFiles()));
        Gauge("process_threads", "Threads.", () => new(ThreadCount()));
        Gauge("dotnet_gc_heap_bytes", "Bytes of objects, including garbage.", () => new(GC.GetTotalMemory(forceFullCollection: false)));
        Counter("dotnet_gc_allocated_bytes_total", "Bytes ever allocated.", () => GC.GetTotalAllocatedBytes());
        Meter.CreateObservableCounter("dotnet_gc_collections_total", Collections, description: "Garbage collections by generation.");
        Counter("dotnet_gc_pause_seconds_total", "Time for which garbage collections paused the process.",
            () => GC.GetTotalPauseDuration().TotalSeconds);
    }

    public Meter Meter { get; } = new("SseServer.Process");

    public void Dispose() => Meter.Dispose();

    private static double StartTime()
    {
        using var process = Process.GetCurrentProcess();
        return new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
    }

    private static int ThreadCount()
    {
        using var process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }

    private static long OpenFiles()
    {
        const string descriptors = "/proc/self/fd";
        return Directory.Exists(descriptors) ? Directory.EnumerateFileSystemEntries(descriptors).LongCount() : 0;
    }

    private static Measurement<long>[] Collections()
        => [.. Generations.Select((name, generation) => new Measurement<long>(GC.CollectionCount(generation), Tag("generation", name)))];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private void Gauge(string name, string description, Func<Measurement<double>> observe)
        => Meter.CreateObservableGauge(name, observe, description: description);

    private void Counter(string name, string description, Func<double> observe)
        => Meter.CreateObservableCounter(name, observe, description: description);
}
