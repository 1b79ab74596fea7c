using System.Collections;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Relay;
using SseServer.Transport;

namespace SseServer.Hosting;

/// <summary>The process: hands its arguments, environment and streams to <see cref="ServerProgram"/>.</summary>
internal static class Program
{
    // Has the runtime's epoll threads run what waits for a socket, instead of handing it to the pool: a request is parsed, published and answered where its bytes
    // arrived. Half of the cores do that, the others have the streams and the kernel to serve. Both are read once, when the first socket is made, and from the
    // environment only. Shown by the load bench's workloads one and publish.
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string EpollThreads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    public static Task<int> Main(string[] args)
    {
        SetDefault(InlineCompletions, "1");
        SetDefault(EpollThreads, Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture));

        var environment = new List<KeyValuePair<string, string?>>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment.Add(new((string)variable.Key, (string?)variable.Value));

        // An export is JSON, and so UTF-8 (RFC 8259 section 8.1), whatever the terminal's language.
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
        return ServerProgram.RunAsync(args, environment, output, Console.Error, AddServer);
    }

    private static void SetDefault(string variable, string value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null) Environment.SetEnvironmentVariable(variable, value);
    }

    private static void AddServer(IServiceCollection services)
    {
        services.AddSingleton(HubOpening.Open);
        services.AddSingleton(provider => provider.GetRequiredService<ServerSettings>().Endpoints);
        services.AddSingleton(provider => provider.GetRequiredService<ServerSettings>().Auth);
        services.AddSingleton<Authenticator>();
        services.AddSingleton<HttpApplication>();
        services.AddSingleton(provider => provider.GetRequiredService<HttpApplication>().Bodies);
        services.AddSingleton(CreateTransport);
        services.AddSingleton<ProcessMetrics>();
        services.AddHostedService<PresenceService>();
        services.AddHostedService<ServerService>();
        services.AddSingleton(provider => provider.GetRequiredService<ServerSettings>().Relays);
        services.AddSingleton<Relays>();
        services.AddHostedService<DemoPublisher>();
        services.AddHostedService<IdleCollector>();
        services.AddSingleton(provider => MemoryWatcher.Machine.This(provider.GetRequiredService<ServerSettings>().MaxMemory));
        services.AddSingleton(CreateLoad);
        services.AddHostedService<MemoryWatcher>();
        services.AddHostedService<RelayService>();
    }

    private static TransportServer CreateTransport(IServiceProvider provider) => new(
        provider.GetRequiredService<ServerSettings>().Transport, provider.GetRequiredService<HttpApplication>(),
        provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<TransportServer>>());

    private static ServerLoad CreateLoad(IServiceProvider provider)
    {
        var transport = provider.GetRequiredService<TransportServer>();
        return new(
            provider.GetRequiredService<EventHub>(), provider.GetRequiredService<ServerSettings>().Endpoints.Limits.MaxStreams,
            () => transport.ConnectionCount, transport.MaxConnections);
    }
}
