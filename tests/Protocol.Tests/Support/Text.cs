using System.Text;

namespace SseServer.Protocol.Tests.Support;

/// <summary>Bytes as readable strings.</summary>
internal static class Text
{
    public static byte[] ToUtf8(this string text) => Encoding.UTF8.GetBytes(text);

    public static string Utf8(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>One byte for each character, so that tests can write any byte.</summary>
    public static byte[] ToLatin1(this string text) => Encoding.Latin1.GetBytes(text);

    public static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
