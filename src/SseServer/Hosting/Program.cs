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

/// <summary>The entry point: passes arguments, environment and streams to <see cref="ServerProgram"/>.</summary>
internal static class Program
{
    // Makes the runtime's epoll threads run socket continuations themselves instead of queueing them to the thread pool, so that a request
    // is parsed, published and answered on the thread that received it. Half of the cores do that; the others serve the streams and the
    // kernel. The runtime reads both variables once, from the environment only, when the first socket is created. The workloads one and
    // publish of the load bench show the gain.
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string EpollThreads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    public static Task<int> Main(string[] args)
    {
        SetDefault(InlineCompletions, "1");
        SetDefault(EpollThreads, Math.Max(1, Environment.ProcessorCount / 2).ToString(CultureInfo.InvariantCulture));

        var environment = new List<KeyValuePair<string, string?>>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment.Add(new((string)variable.Key, (string?)variable.Value));

        // An export is JSON, which is UTF-8 (RFC 8259 section 8.1) in every locale.
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true };
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
