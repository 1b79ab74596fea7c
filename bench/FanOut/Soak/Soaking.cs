using System.Net.Sockets;

namespace SseServer.Bench.FanOut.Soak;

/// <summary>How a part of a soak runs: again and again at a rate, until the soak is over.</summary>
internal static class Soaking
{
    /// <summary>Runs a step so many times a second, never two at once. A step that fails is counted and does not end the soak.</summary>
    public static async Task RunAsync(
        SoakClient client, string name, double perSecond, Func<long, Task> step, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / perSecond));
        for (var round = 0L; !cancellation.IsCancellationRequested; round++)
        {
            try
            {
                await step(round);
                await timer.WaitForNextTickAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
            {
                if (!cancellation.IsCancellationRequested) client.Count($"{name}: {e.GetType().Name}");
            }
        }
    }
}
