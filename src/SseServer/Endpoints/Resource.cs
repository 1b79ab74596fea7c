using System.Text;

namespace SseServer.Endpoints;

/// <summary>Files that are embedded in the binary.</summary>
internal static class Resource
{
    /// <summary>Returns a text with LF as line end, which a checkout on Windows may not have.</summary>
    /// <exception cref="InvalidOperationException">No such file is embedded.</exception>
    public static string ReadText(string name)
    {
        using var resource = typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in the assembly.");
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
