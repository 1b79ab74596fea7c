using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SseServer.Auth;

/// <summary>The SHA-256 of a credential, which is stored and compared in its place.</summary>
internal readonly struct CredentialHash : IEquatable<CredentialHash>
{
    private readonly Bytes _bytes;

    private CredentialHash(ReadOnlySpan<byte> credential)
        => SHA256.HashData(credential, MemoryMarshal.AsBytes(new Span<Bytes>(ref _bytes)));

    public static CredentialHash Of(ReadOnlySpan<byte> credential) => new(credential);

    /// <summary>Compares in constant time.</summary>
    public bool EqualsInFixedTime(in CredentialHash other) => CryptographicOperations.FixedTimeEquals(Span(in this), Span(in other));

    // For tokens only: what the duration of a lookup reveals about a hash is no help with another token.
    public bool Equals(CredentialHash other) => Span(in this).SequenceEqual(Span(in other));

    public override bool Equals(object? obj) => obj is CredentialHash other && Equals(other);

    public override int GetHashCode() => MemoryMarshal.Read<int>(Span(in this));

    private static ReadOnlySpan<byte> Span(in CredentialHash hash) => MemoryMarshal.AsBytes(new ReadOnlySpan<CredentialHash>(in hash));

    [InlineArray(SHA256.HashSizeInBytes)]
    private struct Bytes
    {
        private byte _first;
    }
}
