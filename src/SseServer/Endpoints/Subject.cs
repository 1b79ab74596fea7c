using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using SseServer.Auth;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// Who a limit counts: the name that a caller has proved, or else the network it comes from. An IPv4 address counts for itself, an
/// IPv6 address for its /64, which is what one customer is given at least (RFC 6177 section 2).
/// </summary>
internal readonly record struct Subject
{
    private const int NetworkBytes = 8;

    private readonly string? _name;
    private readonly AddressFamily _family;
    private readonly ulong _network;

    private Subject(string? name, AddressFamily family, ulong network) => (_name, _family, _network) = (name, family, network);

    /// <summary>Who has sent a request.</summary>
    public static Subject Of(HttpExchange exchange, Identity caller) => Of(caller.IsAnonymous ? null : caller.Name, exchange.ClientAddress);

    /// <param name="name">An authenticated name; null for the anonymous.</param>
    /// <param name="address">Where the request comes from; those without an address count as one.</param>
    public static Subject Of(string? name, IPAddress? address)
    {
        if (name is not null) return new(name, AddressFamily.Unspecified, 0);
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out var length)) return default;
        var isMapped = address.IsIPv4MappedToIPv6;
        return length == 4 || isMapped
            ? new(null, AddressFamily.InterNetwork, BinaryPrimitives.ReadUInt32BigEndian(isMapped ? bytes[12..] : bytes))
            : new(null, AddressFamily.InterNetworkV6, BinaryPrimitives.ReadUInt64BigEndian(bytes[..NetworkBytes]));
    }
}
