using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Debugging;
using SseServer.Endpoints;
using SseServer.Hosting.Settings;
using SseServer.Hub;

namespace SseServer.Hosting;

/// <summary>The process: hands its arguments, environment and streams to <see cref="ServerProgram"/>.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args)
    {
        // What Serilog cannot do, such as a sink that is not there, would otherwise be silent.
        SelfLog.Enable(Console.Error);

        var environment = new List<KeyValuePair<string, string?>>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment.Add(new((string)variable.Key, (string?)variable.Value));
        return ServerProgram.RunAsync(args, environment, Console.Out, Console.Error, AddServer);
    }

    private static void AddServer(IServiceCollection services)
    {
        services.AddSingleton(provider => new EventHub(provider.GetRequiredService<ServerSettings>().Hub, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<ServerSettings>().Endpoints);
        services.AddSingleton<HttpApplication>();
        services.AddHostedService<ServerService>();
        services.AddHostedService<DemoPublisher>();
        services.AddHostedService<IdleCollector>();
    }
}
