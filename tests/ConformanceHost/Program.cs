using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SseServer.Hosting.Settings;
using SseServer.Transport;

namespace SseServer.ConformanceHost;

/// <summary>
/// The server's transport and parser under an application that shows what they understood, for conformance suites to talk to:
/// <c>dotnet run -c Release --project tests/ConformanceHost -- --listen 127.0.0.1:8080</c>.
/// </summary>
internal static class Program
{
    private const int WrongUse = 2;

    public static async Task<int> Main(string[] args)
    {
        if (args is not ["--listen", var text])
            return Refuse("Start it with --listen HOST:PORT, such as --listen 127.0.0.1:8080.");
        if (!ListenAddress.TryParse(text, out var address, out var problem))
            return Refuse($"--listen {text} {problem}");

        await using var server = new TransportServer(
            new TransportOptions(), new ConformanceApplication(), TimeProvider.System,
                NullLoggerFactory.Instance.CreateLogger<TransportServer>());
        try
        {
            server.Start(address.GetEndPoints(System.Net.Sockets.Socket.OSSupportsIPv6));
        }
        catch (ListenException e)
        {
            return Refuse(e.Message);
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = OnSignal(PosixSignal.SIGTERM, stopped);
        using var interrupt = OnSignal(PosixSignal.SIGINT, stopped);
        Console.WriteLine($"Listening on {string.Join(", ", server.Endpoints)}");
        await stopped.Task;
        return 0;
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, TaskCompletionSource stopped) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });

    private static int Refuse(string sentence)
    {
        Console.Error.WriteLine(sentence);
        return WrongUse;
    }
}
