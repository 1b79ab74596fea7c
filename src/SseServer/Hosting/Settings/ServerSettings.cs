using Microsoft.Extensions.Configuration;
using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.Hub;
using SseServer.Presence;
using SseServer.Relay;
using SseServer.Transport;

namespace SseServer.Hosting.Settings;

/// <summary>All settings of the server, read and checked once at start and never changed afterwards.</summary>
internal sealed record ServerSettings
{
    /// <summary>Where to listen; at least one address.</summary>
    public required IReadOnlyList<ListenAddress> Listen { get; init; }

    /// <summary>Whether demo events are published.</summary>
    public required bool Demo { get; init; }

    /// <summary>How the server stops.</summary>
    public required DrainOptions Drain { get; init; }

    /// <summary>What is logged.</summary>
    public LogOptions Logging { get; init; } = new();

    /// <summary>Bytes of memory that the process may use; 0 is nine tenths of what the runtime sees.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Topics, their history and their streams.</summary>
    public required HubOptions Hub { get; init; }

    /// <summary>Which topics report their subscribers, and to which webhooks.</summary>
    public PresenceOptions Presence { get; init; } = PresenceOptions.Default;

    /// <summary>Where the history is stored.</summary>
    public required HistoryOptions History { get; init; }

    /// <summary>Connections.</summary>
    public required TransportOptions Transport { get; init; }

    /// <summary>Keys, tokens and protected topics.</summary>
    public required AuthOptions Auth { get; init; }

    /// <summary>What requests may ask for, and from where.</summary>
    public required EndpointOptions Endpoints { get; init; }

    /// <summary>What other servers that share the history see of this one.</summary>
    public NodeIdentity Node { get; init; } = NodeIdentity.Default;

    /// <summary>Topics that are fed from other servers.</summary>
    public IReadOnlyList<RelayOptions> Relays { get; init; } = [];

    /// <summary>Declares every setting and reads its value. Problems are in the errors of the reader.</summary>
    public static ServerSettings Read(SettingsReader reader)
    {
        var listen = ReadListen(reader);
        var auth = AuthSettings.Read(reader);
        var transport = TransportSettings.Read(reader, listen);
        var presence = PresenceSettings.Read(reader);
        // A tenth is left for the kernel's socket buffers, which count against a container's limit and are not seen here.
        var memory = reader.Bytes("Limits:MaxMemory", 0, 0, long.MaxValue,
            "Memory of the process at which unfinished bodies are aborted and history is evicted, and finally new streams and events "
                + "are refused; 0 is nine tenths of the memory of the container or machine.");
        var endpoints = EndpointSettings.Read(reader, auth, listen, transport.Proxies, MemoryWatcher.Machine.LimitOf(memory));
        return new ServerSettings
        {
            Listen = listen,
            Auth = auth,
            MaxMemory = memory,
            Hub = PresenceSettings.Complete(HubSettings.Read(reader), presence) with { MaxReconnectionTime = endpoints.MaxRetry },
            Presence = presence,
            History = HistorySettings.Read(reader),
            Transport = transport,
            Endpoints = endpoints,
            Node = ReadNode(reader),
            Relays = RelaySettings.Read(reader, endpoints, listen),
            Demo = reader.Flag("Demo:Enabled", false, "Publishes sample events, so that a page or curl has something to show."),
            Drain = DrainSettings.Read(reader),
            Logging = LoggingSettings.Read(reader),
        };
    }

    /// <summary>The declaration of every setting.</summary>
    public static IReadOnlyList<SettingDescriptor> Declarations()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        Read(reader);
        return reader.Descriptors;
    }

    private static NodeIdentity ReadNode(SettingsReader reader)
    {
        var name = reader.Text("Server:NodeName", null,
            "What operators call this server where several share a history: GET /admin/nodes shows it. If not set, the machine's name.");
        return new(name ?? Environment.MachineName, ProductVersion.Text);
    }

    private static List<ListenAddress> ReadListen(SettingsReader reader)
    {
        const string key = "Server:Listen";
        // Loopback, so that a first start is open to its own machine only; 8080 needs no privilege.
        var texts = reader.List(key, ["127.0.0.1:8080"],
            "Addresses to listen on: HOST:PORT, or https://HOST:PORT for TLS. HOST is an IPv4 address, an [IPv6] address, localhost, or "
                + "* for every address; port 0 takes a free port.");
        var addresses = new List<ListenAddress>(texts.Count);
        foreach (var text in texts)
        {
            if (!ListenAddress.TryParse(text, out var address, out var problem)) reader.Reject(key, text, problem);
            else if (addresses.Contains(address)) reader.Reject(key, text, "is listed twice; list each address once.");
            else addresses.Add(address);
        }

        if (texts.Count == 0) reader.Reject($"{key} is empty; give at least one HOST:PORT.");
        return addresses;
    }
}
