using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serilog;
using SseServer.Hosting.Settings;

namespace SseServer.Hosting;

/// <summary>
/// The generic host with only what a server without Kestrel needs: services, a logger, SIGTERM and Ctrl+C. It reads no file or variable
/// of its own; everything is in <see cref="ServerSettings"/>.
/// </summary>
internal static class ServerHost
{
    // After the drain, sockets may still wait for the last bytes of their peers.
    private static readonly TimeSpan MarginAfterDrain = TimeSpan.FromSeconds(10);

    /// <summary>Builds the host without starting it.</summary>
    /// <param name="settings">Valid settings; registered as a singleton.</param>
    /// <param name="logger">The program's logger; the caller disposes it after the host.</param>
    /// <param name="addServer">Adds the hosted services that are the server.</param>
    public static IHost Build(ServerSettings settings, Serilog.ILogger logger, Action<IServiceCollection> addServer)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "sse-server" });
        builder.Services.AddSerilog(logger);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = settings.Drain.CutOff + MarginAfterDrain);
        addServer(builder.Services);
        return builder.Build();
    }
}
