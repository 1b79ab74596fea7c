using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hosting;

/// <summary>The built program when file descriptors run out.</summary>
[Platform("Linux")]
internal sealed partial class DescriptorLimitTests
{
    // The process has some 130 open by itself, and keeps as many for itself and for refusals.
    private const int Descriptors = 400;

    [Test]
    public async Task Flood_beyond_the_descriptors_leaves_streams_alone_and_is_recovered_from()
    {
        using var server = Start();
        var error = server.StandardError.ReadToEndAsync();
        var endPoint = IPEndPoint.Parse((await ReadUntilAsync(server, Listening())).Groups[1].Value);
        var flood = new List<WireClient>();
        try
        {
            using var reader = await OpenStreamAsync(endPoint);
            using var publisher = await WireClient.ConnectAsync(endPoint);
            await PublishAsync(publisher, "before");
            var full = ReadUntilAsync(server, Full());
            while (!full.IsCompleted) await ConnectAsync(endPoint, flood);

            // Whoever is there is served as ever.
            await PublishAsync(publisher, "during");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("before"));
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("during"));

            // Far more than there are descriptors for.
            for (var i = 0; i < Descriptors; i++) await ConnectAsync(endPoint, flood);
            await PublishAsync(publisher, "still");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("still"));

            foreach (var client in flood) client.Dispose();
            using var late = await OpenStreamWhenThereIsRoomAsync(endPoint);
            await PublishAsync(publisher, "after");
            Assert.That((await reader.ReadEventAsync())!.Data, Is.EqualTo("after"));
            Assert.That((await late.ReadEventAsync())!.Data, Is.EqualTo("after"));
        }
        finally
        {
            foreach (var client in flood) client.Dispose();
            server.Kill();
            await server.WaitForExitAsync();
        }

        Assert.That(await error, Is.Empty);
    }

    private static async Task<WireClient> OpenStreamAsync(IPEndPoint endPoint)
    {
        var client = await WireClient.ConnectAsync(endPoint);
        await client.RequestAsync("GET", "/events/news");
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo("connected"));
        return client;
    }

    // The server learns of each client's leaving one after the other.
    private static async Task<WireClient> OpenStreamWhenThereIsRoomAsync(IPEndPoint endPoint)
    {
        for (var attempt = 0; attempt < 10_000; attempt++)
        {
            var client = await WireClient.ConnectAsync(endPoint);
            await client.RequestAsync("GET", "/events/news");
            try
            {
                if ((await client.ReadHeadAsync()).Status == 200)
                {
                    Assert.That((await client.ReadBlockAsync())!.Name, Is.EqualTo("connected"));
                    return client;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // Turned away.
            }

            client.Dispose();
        }

        throw new AssertionException("There never was room again.");
    }

    private static async Task ConnectAsync(IPEndPoint endPoint, List<WireClient> flood)
    {
        try
        {
            flood.Add(await WireClient.ConnectAsync(endPoint));
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // Turned away before this side had finished.
        }
    }

    private static async Task PublishAsync(WireClient publisher, string data)
    {
        await publisher.RequestAsync("POST", "/events/news", data);
        Assert.That((await publisher.ReadReplyAsync()).Status, Is.EqualTo(201));
    }

    private static async Task<Match> ReadUntilAsync(Process server, Regex text)
    {
        while (await server.StandardOutput.ReadLineAsync().Soon() is { } line)
        {
            if (text.Match(line) is { Success: true } match) return match;
        }

        throw new AssertionException($"The server ended without saying {text}.");
    }

    private static Process Start()
    {
        var program = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList = { "-c", $"ulimit -n {Descriptors}; exec \"$0\" \"$@\"", program,
                Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), "--listen", "127.0.0.1:0" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    [GeneratedRegex("Listening on \"?([0-9.:]+)")]
    private static partial Regex Listening();

    [GeneratedRegex("connections are open; more are refused")]
    private static partial Regex Full();
}
