using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SseServer.Bench.FanOut.Linux;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>A started server. Disposing of it ends its process and the children of that.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly DirectoryInfo _scratch = Directory.CreateTempSubdirectory("sse-bench-");
    private string _lastOutput = "";

    public ServerProcess(ServerKind kind)
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        var command = kind.Command(EndPoint.Port, _scratch.FullName);
        (command.RedirectStandardOutput, command.RedirectStandardError, command.RedirectStandardInput) = (true, true, true);
        _process = Process.Start(command)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        try
        {
            WaitUntilListening(kind);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Reads what the server has used so far.</summary>
    public ProcessUsage Usage(bool proportional = false) => ProcessUsage.Read(_process.Id, proportional);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _scratch.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private void Keep(object sender, DataReceivedEventArgs output)
    {
        if (!string.IsNullOrWhiteSpace(output.Data)) _lastOutput = output.Data;
    }

    private void WaitUntilListening(ServerKind kind)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Connect(EndPoint);
                return;
            }
            catch (SocketException) when (!_process.HasExited && Stopwatch.GetElapsedTime(start) < StartLimit)
            {
                Thread.Sleep(20);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"{kind.Title} did not start: {_lastOutput}");
            }
        }
    }
}
