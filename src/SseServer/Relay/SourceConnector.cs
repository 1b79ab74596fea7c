using System.Net;
using System.Net.Sockets;

namespace SseServer.Relay;

/// <summary>
/// Connects a relay to the hosts that its source redirects to, but never from a public address into a private network, which the source
/// itself cannot see. It checks the addresses that it connects to, so that a DNS name cannot lead there either. The URL of the settings may
/// be anywhere.
/// </summary>
internal static class SourceConnector
{
    private static readonly HttpRequestOptionsKey<Route> Key = new("route");

    /// <summary>Makes a request connect as part of <paramref name="route"/>.</summary>
    public static void Follow(HttpRequestMessage request, Route route) => request.Options.Set(Key, route);

    /// <summary>Connects a request; for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
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

    /// <summary>The hosts that a request and its redirects have passed. One request at a time.</summary>
    public sealed class Route
    {
        private bool _wasPublic;

        /// <summary>Returns whether a public host was passed and one of the addresses is not public.</summary>
        public bool Refuses(IPAddress[] addresses) => _wasPublic && !Array.TrueForAll(addresses, PublicAddresses.Contains);

        /// <summary>Records the address of a host that a request went to.</summary>
        public void Pass(IPAddress address) => _wasPublic |= PublicAddresses.Contains(address);
    }
}
