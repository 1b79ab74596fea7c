using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SseServer.Bench.FanOut;
using SseServer.Bench.FanOut.Linux;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;
using SseServer.Bench.FanOut.Workloads;

[assembly: SupportedOSPlatform("linux")]

// Exit codes: 0 all well, 1 this project's server lost, repeated or damaged an event, 2 the command line is not understood.
if (BenchOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}
if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
{
    Console.Error.WriteLine("The load needs epoll and /proc: it runs on Linux on x64.");
    return 2;
}

Workload[] allWorkloads =
[
    new Steady(), new Throughput(), new Burst(), new ManyTopics(), new Idle(), new IdleTls(), new ReplayStorm(), new StalledReaders(),
    new KeyedUpdates(), new OneToOne(), new PublishOnly(), new ManyPatterns(), new Soak(),
];
ServerKind[] allPeers = [new AspNetCoreKind(), new NchanKind(), new NodeKind(), new SendLoopKind()];
var workloads = Array.FindAll(
    allWorkloads, workload => options.Workloads.Count == 0 ? !workload.IsOnDemand : options.Workloads.Contains(workload.Key));
if (workloads.Length < options.Workloads.Count
    || options.Durabilities.Any(durability => durability is not ("sync" or "async"))
    || options.Peers?.Any(key => key != "none" && Array.TrueForAll(allPeers, peer => peer.Key != key)) == true)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

FileLimit.Raise();
var program = options.Server ?? Repository.File("src/SseServer/bin/Release/net10.0/sse-server");
var ours = new SseServerKind(program);
if (ours.Prepare() is { } absent)
{
    Console.Error.WriteLine(absent);
    return 2;
}
List<ServerKind> servers = [ours, .. options.Durabilities.Select(durability => new SseServerKind(program, durability))];
foreach (var peer in allPeers.Where(peer => options.Peers?.Contains(peer.Key) ?? true))
{
    if (peer.Prepare() is { } reason) Console.WriteLine($"Without {peer.Title}: {reason}.");
    else servers.Add(peer);
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    cancellation.Cancel();
};
var results = new Campaign(options, workloads, servers, Console.Out).Run(cancellation.Token);

var report = MarkdownReport.Write(options, workloads, results);
Console.WriteLine();
Console.WriteLine(report);
if (options.Output is { } folder)
{
    Directory.CreateDirectory(folder);
    File.WriteAllText(Path.Combine(folder, "results.md"), report);
    File.WriteAllBytes(Path.Combine(folder, "results.json"), JsonReport.Write(options, results));
}
return results.Any(result => result.Server.StartsWith(ours.Title, StringComparison.Ordinal) && result.Failures.Count > 0) ? 1 : 0;
