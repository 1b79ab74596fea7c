namespace SseServer.Clients.Tests;

/// <summary>A client of the matrix: how it is started, or why it cannot be.</summary>
/// <param name="Name">Its row in docs/clients.md.</param>
/// <param name="Command">The program and its arguments; <c>URL</c> among them stands for the stream's URL.</param>
internal sealed record ClientProgram(string Name, params string[] Command)
{
    /// <summary>What is missing on this machine; null if nothing is.</summary>
    public string? Missing { get; init; }

    /// <summary>It takes only events in Datastar's own format, so it reads a topic of its own.</summary>
    public bool IsDatastar { get; init; }

    /// <summary>It reports when a response begins.</summary>
    public bool ReportsOpen { get; init; } = true;
}
