using System.Net;
using SseServer.Auth;
using SseServer.Transport;
using SseServer.Transport.Limits;

namespace SseServer.Endpoints;

/// <summary>The client that a limit counts: the authenticated name, or else the network that the request comes from.</summary>
internal readonly record struct ClientKey
{
    private readonly string? _name;
    private readonly ClientNetwork _network;

    private ClientKey(string name) => _name = name;

    private ClientKey(ClientNetwork network) => _network = network;

    /// <summary>Returns the key of the client that sent a request.</summary>
    public static ClientKey Of(HttpExchange exchange, Identity caller)
        => Of(caller.IsAnonymous ? null : caller.Name, exchange.ClientAddress);

    /// <param name="name">The authenticated name; null for anonymous clients.</param>
    /// <param name="address">The address that the request comes from.</param>
    public static ClientKey Of(string? name, IPAddress address) => name is null ? new(new ClientNetwork(address)) : new(name);
}
