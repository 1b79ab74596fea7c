using System.Text;

namespace SseServer.Endpoints;

/// <summary>
/// The description of the HTTP interface at <c>/openapi.json</c> (OpenAPI 3.1), embedded in the binary, with the server's version. It is
/// public: it says nothing that this project does not publish.
/// </summary>
internal static class OpenApiDocument
{
    private static readonly byte[] Document =
        Encoding.UTF8.GetBytes(Resource.ReadText("openapi.json").Replace("SERVER_VERSION", ProductVersion.Text, StringComparison.Ordinal));

    public static ReadOnlySpan<byte> Bytes => Document;
}
