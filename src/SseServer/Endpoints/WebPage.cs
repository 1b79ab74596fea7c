using System.Security.Cryptography;
using System.Text;

namespace SseServer.Endpoints;

/// <summary>The page at <c>/</c>, embedded in the binary. Its policy allows only its own script and style, by their hashes.</summary>
internal static class WebPage
{
    private static readonly byte[] Page = Load();

    private static readonly byte[] Policy = Encoding.ASCII.GetBytes(
        $"default-src 'none'; connect-src 'self'; img-src data:; script-src '{HashOf("script")}'; style-src '{HashOf("style")}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    public static ReadOnlySpan<byte> Bytes => Page;

    public static ReadOnlySpan<byte> ContentSecurityPolicy => Policy;

    // Browsers hash the text after replacing CR LF by LF, as it is read here.
    private static byte[] Load() => Encoding.UTF8.GetBytes(Resource.ReadText("index.html"));

    // CSP level 3 section 8.4: the hash of the text between the tags.
    private static string HashOf(string element)
    {
        var html = Encoding.UTF8.GetString(Page);
        var start = html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = html.IndexOf($"</{element}>", StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(html[start..end])));
    }
}
