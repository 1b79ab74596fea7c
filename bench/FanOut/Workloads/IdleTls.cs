using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using SseServer.Bench.FanOut.Report;
using SseServer.Bench.FanOut.Servers;

namespace SseServer.Bench.FanOut.Workloads;

/// <summary>
/// What TLS adds to an idle stream. The load uses the runtime's TLS, so only the server of this project is measured.
/// </summary>
internal sealed class IdleTls : Workload
{
    // Their memory is what the first handshakes of a process cost, not what one more does.
    private const int First = 200;

    public override string Key => "idle-tls";

    public override string Describe(BenchOptions options)
        => $"{Count(options):N0} streams over TLS 1.3 open one after another, {Settle(options).TotalSeconds:N0} s pass, nothing is "
            + "published. Memory is the process's own.";

    public override bool Suits(ServerKind kind) => kind is SseServerKind;

    public override (IReadOnlyList<Metric> Metrics, IReadOnlyList<string> Failures) Run(ServerKind kind, string variant,
        BenchOptions options)
    {
        var overTls = ((SseServerKind)kind).OverTls();
        using var server = new ServerProcess(overTls);
        var streams = new List<SslStream>();
        try
        {
            Open(server, overTls, streams, First);
            Thread.Sleep(Settle(options) / 2);
            var atRest = server.Usage();

            var count = Count(options);
            var start = Stopwatch.GetTimestamp();
            Open(server, overTls, streams, count);
            var opening = Stopwatch.GetElapsedTime(start);
            var opened = server.Usage();
            Thread.Sleep(Settle(options));
            var holding = server.Usage();
            return ([
                new Metric("streams opened", count / opening.TotalSeconds, Unit.PerSecond),
                new Metric("CPU per opening", (opened.User + opened.System - atRest.User - atRest.System).TotalMicroseconds / count,
                    Unit.Microseconds),
                new Metric("RSS at rest", atRest.ResidentBytes / 1e6, Unit.Megabytes),
                new Metric("RSS with streams", holding.ResidentBytes / 1e6, Unit.Megabytes),
                new Metric("RSS per stream", (double)(holding.ResidentBytes - atRest.ResidentBytes) / count, Unit.Bytes),
            ], []);
        }
        finally
        {
            foreach (var stream in streams) stream.Dispose();
        }
    }

    private static void Open(ServerProcess server, ServerKind kind, List<SslStream> streams, int count)
    {
        var request = kind.SubscribeRequest("idle");
        var buffer = new byte[4096];
        var end = "\n\n\r\n"u8;
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(server.EndPoint);
            var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            streams.Add(stream);
            stream.AuthenticateAsClient(new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            });
            stream.Write(request);

            // Up to the end of the greeting's chunk.
            for (var read = 0; !buffer.AsSpan(0, read).EndsWith(end);) read += stream.ReadAtLeast(buffer.AsSpan(read), 1);
        }
    }

    private static int Count(BenchOptions options) => options.Streams ?? 2_000;

    private static TimeSpan Settle(BenchOptions options) => TimeSpan.FromSeconds(options.Short ? 2 : 20);
}
