using System.Net;
using System.Net.Sockets;

namespace SseServer.Relay;

/// <summary>
/// Connects a relay to where its source's redirects lead, and not from a public address into a network that its source cannot see itself:
/// by the addresses that names have at that moment, so that no name leads there either. What the settings name is asked wherever it is.
/// </summary>
internal static class SourceConnector
{
    private static readonly HttpRequestOptionsKey<Route> Key = new("route");

    /// <summary>Has a request connect as a part of <paramref name="route"/>.</summary>
    public static void Follow(HttpRequestMessage request, Route route) => request.Options.Set(Key, route);

    /// <summary>Connects; for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        context.InitialRequestMessage.Options.TryGetValue(Key, out var route);
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellation);
        if (route?.Refuses(addresses) == true)
            throw new IOException("it redirects from a public address into a private network, which is not followed");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation);
            route?.Pass(((IPEndPoint)socket.RemoteEndPoint!).Address);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The hosts that one question to a source has passed. One request at a time.</summary>
    public sealed class Route
    {
        private bool _wasPublic;

        /// <summary>Whether a public host has led to addresses of which one is not public.</summary>
        public bool Refuses(IPAddress[] addresses) => _wasPublic && !Array.TrueForAll(addresses, PublicAddresses.Contains);

        /// <summary>Takes note of where a request went.</summary>
        public void Pass(IPAddress address) => _wasPublic |= PublicAddresses.Contains(address);
    }
}
