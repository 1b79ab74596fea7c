using System.Net;
using SseServer.Auth;
using SseServer.Transport;
using SseServer.Transport.Limits;

namespace SseServer.Endpoints;

/// <summary>Who a limit counts: the name that a caller has proved, or else the network it comes from.</summary>
internal readonly record struct ClientKey
{
    private readonly string? _name;
    private readonly ClientNetwork _network;

    private ClientKey(string name) => _name = name;

    private ClientKey(ClientNetwork network) => _network = network;

    /// <summary>Who has sent a request.</summary>
    public static ClientKey Of(HttpExchange exchange, Identity caller) => Of(caller.IsAnonymous ? null : caller.Name, exchange.ClientAddress);

    /// <param name="name">An authenticated name; null for the anonymous.</param>
    /// <param name="address">Where the request comes from.</param>
    public static ClientKey Of(string? name, IPAddress address) => name is null ? new(new ClientNetwork(address)) : new(name);
}
