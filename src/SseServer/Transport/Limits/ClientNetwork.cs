using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SseServer.Transport.Limits;

/// <summary>
/// One client for the limits per address: an IPv4 address, or the /64 of an IPv6 address. A host has a whole /64 for itself and may use a
/// different address of it each time (RFC 6177, RFC 8981).
/// </summary>
internal readonly record struct ClientNetwork
{
    private readonly ulong _prefix;
    private readonly bool _isV6;

    /// <param name="address">An address that is not an IPv4 address mapped to IPv6.</param>
    public ClientNetwork(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        _isV6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        _prefix = length >= 8 ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }
}
