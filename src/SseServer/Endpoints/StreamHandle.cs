using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SseServer.Endpoints;

/// <summary>The name of a running stream, sent to its subscriber only: 128 random bits, written as 22 characters of base64url.</summary>
internal readonly record struct StreamHandle(UInt128 Value)
{
    private const int Characters = 22;

    public static StreamHandle Create()
    {
        UInt128 value = default;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<UInt128>(ref value)));
        return new(value);
    }

    public static bool TryParse(ReadOnlySpan<byte> text, out StreamHandle handle)
    {
        UInt128 value = default;
        var bytes = MemoryMarshal.AsBytes(new Span<UInt128>(ref value));
        var isHandle = text.Length == Characters
            && Base64Url.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done
            && written == bytes.Length;
        handle = new(value);
        return isHandle;
    }

    public override string ToString()
    {
        var value = Value;
        return Encoding.ASCII.GetString(Base64Url.EncodeToUtf8(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value))));
    }
}
