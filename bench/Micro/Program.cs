using BenchmarkDotNet.Running;
using SseServer.Bench.Micro.StoreFormats;

// `store-formats [ROUNDS]` compares layouts of the history's file. It takes turns, which BenchmarkDotNet does not.
if (args is ["store-formats", .. var rest])
{
    FormatComparison.Run(rest);
    return 0;
}

// Exit codes: 0 the benchmarks ran or were listed, 1 none matched or one failed.
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args).ToList();
if (Array.Exists(args, argument => argument is "--list" or "--help" or "--version" or "--info")) return 0;
if (summaries.Count == 0) Console.Error.WriteLine("No benchmark ran; --list flat prints their names.");
return summaries.Count > 0 && summaries.TrueForAll(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
