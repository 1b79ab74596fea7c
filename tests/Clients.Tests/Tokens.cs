using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace SseServer.Clients.Tests;

/// <summary>Tokens that may read the matrix's topics, and the settings of a server that accepts them.</summary>
internal static class Tokens
{
    private const string Secret = "the secret that issuer and server share, and nobody else";

    public static readonly string[] Settings =
    [
        "--Auth:ProtectedTopics=clients/**", "--Auth:Jwt:Issuer=matrix", "--Auth:Jwt:Audience=sse",
        "--Auth:Jwt:Keys:main:Algorithm=HS256", $"--Auth:Jwt:Keys:main:Secret={Secret}",
    ];

    public static string Create(DateTimeOffset expires)
    {
        var claims = $$$"""
            {"iss":"matrix","aud":"sse","sub":"reader","exp":{{{expires.ToUnixTimeSeconds()}}},"sse":{"subscribe":["clients/**"]}}
            """;
        var text = Encode("""{"alg":"HS256","kid":"main"}""") + "." + Encode(claims);
        return text + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(Secret), Encoding.ASCII.GetBytes(text)));
    }

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
