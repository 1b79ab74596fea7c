using System.Security.Cryptography;

namespace SseServer.Transport.Tls;

/// <summary>What the files held when they were read.</summary>
/// <param name="Certificate">The certificate's file.</param>
/// <param name="Key">The key's file; null where there is none.</param>
internal sealed record CertificateBytes(byte[] Certificate, byte[]? Key)
{
    /// <summary>Tells one content from another, without keeping a key.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Certificate);
        hash.AppendData(Key ?? []);
        return hash.GetHashAndReset();
    }
}
