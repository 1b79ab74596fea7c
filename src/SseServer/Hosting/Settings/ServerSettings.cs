using SseServer.Auth;
using SseServer.Catalog;
using SseServer.Endpoints;
using SseServer.History;
using SseServer.Presence;
using SseServer.Relay;
using SseServer.Transport;

namespace SseServer.Hosting.Settings;

/// <summary>Everything the server can be told, read and checked once at start and never changed after.</summary>
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

    /// <summary>Bytes of memory that the process may use; 0 for nine tenths of what it can see.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Topics, their history and their streams.</summary>
    public required HubOptions Hub { get; init; }

    /// <summary>Whose readers are told of, and to whom.</summary>
    public PresenceOptions Presence { get; init; } = PresenceOptions.Default;

    /// <summary>Where history is kept.</summary>
    public required HistoryOptions History { get; init; }

    /// <summary>Connections.</summary>
    public required TransportOptions Transport { get; init; }

    /// <summary>Who is known and what needs a grant.</summary>
    public required AuthOptions Auth { get; init; }

    /// <summary>What requests may ask for, and from where.</summary>
    public required EndpointOptions Endpoints { get; init; }

    /// <summary>Topics that are fed from other servers.</summary>
    public IReadOnlyList<RelayOptions> Relays { get; init; } = [];

    /// <summary>Declares every setting and reads its value. Problems are in the reader's errors.</summary>
    public static ServerSettings Read(SettingsReader reader)
    {
        var listen = ReadListen(reader);
        var auth = AuthSettings.Read(reader);
        var transport = TransportSettings.Read(reader, listen);
        var presence = PresenceSettings.Read(reader);
        // A tenth is left to the kernel's buffers of the process's sockets, which count for a container and are not seen here.
        var memory = reader.Bytes("Limits:MaxMemory", 0, 0, long.MaxValue,
            "Memory of the process at which unfinished bodies and history are shed, and in the end new streams and events are refused; "
            + "0 stands for nine tenths of the container's or machine's.");
        var endpoints = EndpointSettings.Read(reader, auth, listen, transport.Proxies, MemoryWatcher.Machine.LimitOf(memory));
        var settings = new ServerSettings
        {
            Listen = listen,
            Auth = auth,
            MaxMemory = memory,
            Hub = PresenceSettings.Complete(HubSettings.Read(reader), presence),
            Presence = presence,
            History = HistorySettings.Read(reader),
            Transport = transport,
            Endpoints = endpoints,
            Relays = RelaySettings.Read(reader, endpoints, listen),
            Demo = reader.Flag("Demo:Enabled", false, "Publishes sample events, so that a page or curl has something to show."),
            Drain = DrainSettings.Read(reader),
            Logging = LoggingSettings.Read(reader),
        };
        return settings with { Hub = settings.Hub with { MaxReconnectionTime = settings.Endpoints.MaxRetry } };
    }

    private static List<ListenAddress> ReadListen(SettingsReader reader)
    {
        const string key = "Server:Listen";
        // Loopback, so that a first start is open to nobody but its own machine; 8080 needs no privilege.
        var texts = reader.List(key, ["127.0.0.1:8080"],
            "Addresses to listen on, as HOST:PORT, or https://HOST:PORT with TLS. HOST is an IPv4 address, an [IPv6] address, localhost, or * for every address; port 0 takes a free port.");
        var addresses = new List<ListenAddress>(texts.Count);
        foreach (var text in texts)
        {
            if (!ListenAddress.TryParse(text, out var address, out var problem, out var allowed))
                reader.Reject(key, text, problem, allowed);
            else if (addresses.Contains(address))
                reader.Reject(key, text, "is listed twice", "each address once");
            else
                addresses.Add(address);
        }
        if (texts.Count == 0)
            reader.Reject(key, "", "names no address", "at least one HOST:PORT");
        return addresses;
    }
}
