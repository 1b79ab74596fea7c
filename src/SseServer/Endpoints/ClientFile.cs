using System.Security.Cryptography;
using System.Text;
using SseServer.Transport;

namespace SseServer.Endpoints;

/// <summary>
/// A file of the browser client, built from src/Client and embedded in the binary. Pages of every origin that may read from the server may
/// import it. Immutable.
/// </summary>
internal sealed class ClientFile
{
    private static readonly Dictionary<string, ClientFile> Files = new[]
    {
        // Deno finds the types by this field.
        new ClientFile("client.js", "text/javascript; charset=utf-8", types: "./client.d.ts"),
        new ClientFile("client-tabs.js", "text/javascript; charset=utf-8"),
        new ClientFile("client-worker.js", "text/javascript; charset=utf-8"),
        new ClientFile("client.d.ts", "application/typescript; charset=utf-8"),
    }.ToDictionary(file => file._path);

    private readonly string _path;
    private readonly byte[] _content;
    private readonly byte[] _contentType;
    private readonly byte[] _entityTag;
    private readonly byte[]? _types;

    private ClientFile(string name, string contentType, string? types = null)
    {
        _path = "/" + name;
        _content = Encoding.UTF8.GetBytes(Resource.ReadText(name));
        _contentType = Encoding.ASCII.GetBytes(contentType);
        _entityTag = Encoding.ASCII.GetBytes($"\"{Convert.ToHexStringLower(SHA256.HashData(_content))[..24]}\"");
        _types = types is null ? null : Encoding.ASCII.GetBytes(types);
    }

    /// <summary>Returns the file of a route's path.</summary>
    public static ClientFile Of(string path) => Files[path];

    /// <summary>Sends the file, or 304 to a client that has it.</summary>
    public void Send(HttpExchange exchange, ResponseWriter responses)
    {
        var isKnown = IsKnownTo(exchange);
        // Asked for again each time, which costs a 304: the files belong together, and with the server's version.
        responses.Start(exchange, isKnown ? 304 : 200, "no-cache"u8);
        exchange.Header("ETag"u8, _entityTag);
        // For pages with Cross-Origin-Embedder-Policy.
        exchange.Header("Cross-Origin-Resource-Policy"u8, "cross-origin"u8);
        if (_types is not null) exchange.Header("X-TypeScript-Types"u8, _types);
        if (isKnown) exchange.EndReply();
        else exchange.EndReply(_contentType, _content);
    }

    // If-None-Match = "*" / #entity-tag (RFC 9110 section 13.1.2), compared weakly. Our tags hold no comma.
    private bool IsKnownTo(HttpExchange exchange)
    {
        if (!exchange.Request.TryGetHeader("If-None-Match"u8, out var tags)) return false;
        foreach (var range in tags.Split((byte)','))
        {
            var tag = tags[range].Trim(" \t"u8);
            if (tag.SequenceEqual("*"u8)) return true;
            if (tag.StartsWith("W/"u8)) tag = tag[2..];
            if (tag.SequenceEqual(_entityTag)) return true;
        }

        return false;
    }
}
