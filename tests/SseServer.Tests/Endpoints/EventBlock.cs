namespace SseServer.Tests.Endpoints;

/// <summary>One block of an event stream, as text without its blank line, with its fields.</summary>
internal sealed record EventBlock(string Text)
{
    public string? Id => Value("id: ");

    public string Name => Value("event: ") ?? "message";

    public string? Retry => Value("retry: ");

    /// <summary>The joined data lines; null if there are none, so that clients dispatch nothing.</summary>
    public string? Data
    {
        get
        {
            var lines = Text.Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)).ToArray();
            // The space after the colon is optional (WHATWG HTML 9.2.6); base64 data has none.
            return lines.Length == 0 ? null : string.Join('\n', lines.Select(ValueOf));

            static string ValueOf(string line) => line[(line.StartsWith("data: ", StringComparison.Ordinal) ? "data: " : "data:").Length..];
        }
    }

    private string? Value(string field)
        => Text.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..];
}
