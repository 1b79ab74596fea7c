using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SseServer.Publishing;

/// <summary>
/// What tells a repeat from another event under the same publisher id: 64 bits of SHA-256 (FIPS 180-4) over the event's name, data and key,
/// and whether the topic ends with it. The reconnection time is left out, since settings clamp it and may have changed before the repeat.
/// Stored beside the publisher id, so it must stay the same from version to version. Pure; any thread.
/// </summary>
internal static class ContentDigest
{
    /// <summary>The length of a digest, in bytes.</summary>
    public const int Length = sizeof(long);

    // Of an event that an older format stored without a digest: it is taken for the same as any other.
    private const long Unknown = 0;

    // A hash costs an allocation and a finalizer, so each thread keeps one.
    [ThreadStatic]
    private static IncrementalHash? _hash;

    /// <summary>Computes the digest of an event with a publisher's id; never 0.</summary>
    /// <param name="block">The event as it is sent; its first line is the publisher's id.</param>
    /// <param name="key">The event's key; empty if it has none.</param>
    /// <param name="isFinal">Whether the topic ends with the event.</param>
    public static long Of(ReadOnlySpan<byte> block, ReadOnlySpan<byte> key, bool isFinal)
    {
        var hash = _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = [isFinal ? (byte)1 : (byte)0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)key.Length);
        hash.AppendData(head);
        hash.AppendData(key);
        var rest = AfterLine(block);
        if (rest.StartsWith("event: "u8))
        {
            var data = AfterLine(rest);
            hash.AppendData(rest[..^data.Length]);
            rest = data;
        }

        hash.AppendData(rest.StartsWith("retry: "u8) ? AfterLine(rest) : rest);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        var digest = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return digest == Unknown ? 1 : digest;
    }

    /// <summary>Whether two events are the same as far as their digests tell; 0 stands for a digest that is not known.</summary>
    public static bool Fit(long first, long second) => first == second || first == Unknown || second == Unknown;

    private static ReadOnlySpan<byte> AfterLine(ReadOnlySpan<byte> block) => block[(block.IndexOf((byte)'\n') + 1)..];
}
