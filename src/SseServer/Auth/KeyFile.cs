namespace SseServer.Auth;

/// <summary>A file with a public key in PEM, which is read again when it changes.</summary>
/// <param name="Id">The <c>kid</c> of the key.</param>
/// <param name="Algorithm">RS256, PS256 or ES256.</param>
/// <param name="Path">The path of the file.</param>
internal sealed record KeyFile(string Id, SigningAlgorithm Algorithm, string Path)
{
    // A key of 16,384 bits takes 3 KB.
    private const int MaxBytes = 64 * 1024;

    /// <summary>Returns the text of the file; null, and why, if it cannot be read.</summary>
    public string? ReadText(out string? problem)
    {
        problem = null;
        try
        {
            if (new FileInfo(Path).Length <= MaxBytes) return File.ReadAllText(Path);
            problem = "is a file longer than 64 KB";
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = exception is FileNotFoundException or DirectoryNotFoundException
                ? "is a file that does not exist"
                : "is a file that cannot be read";
        }

        return null;
    }
}
