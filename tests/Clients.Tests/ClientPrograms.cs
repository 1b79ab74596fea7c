namespace SseServer.Clients.Tests;

/// <summary>All clients of the matrix, in the order of the table.</summary>
internal static class ClientPrograms
{
    /// <param name="tools">What this machine has.</param>
    /// <param name="chromium">The address of a running Chromium; null without one.</param>
    public static List<ClientProgram> Create(Tools tools, string? chromium)
    {
        var firefox = Tools.Find("firefox-esr", "firefox");
        var node = tools.Node;
        return
        [
            Page("Chromium EventSource", "EventSource", chromium, node),
            Page("Firefox EventSource", "EventSource", firefox, node),
            // A refusal for now is no opening to it.
            Page("EventStream in Chromium", "EventStream", chromium, node) with { ReportsOpen = false },
            Page("EventStream in Firefox", "EventStream", firefox, node) with { ReportsOpen = false },
            Node("EventStream in node", node) with
            {
                Command = ["node", Script("node", "eventstream.mjs"), "URL"],
                ReportsOpen = false,
            },
            Node("eventsource", node),
            Node("eventsource-client", node),
            Node("undici EventSource", node) with { Command = ["node", Script("node", "undici.mjs"), "URL"] },
            Node("event-source-plus", node),
            Page("reconnecting-eventsource", "reconnecting-eventsource", chromium, node),
            Page("@microsoft/fetch-event-source", "fetch-event-source", chromium, node) with { ReportsOpen = false },
            Page("Datastar", "datastar", chromium, node) with { IsDatastar = true, ReportsOpen = false },
            Page("htmx", "htmx", chromium, node),
            Page("sse.js", "sse.js", chromium, node),
            new(".NET SseParser", Tools.DotNet, Path.Combine(AppContext.BaseDirectory, "SseParserClient.dll"), "URL"),
            new("Go net/http", tools.Go ?? "", "URL") { Missing = tools.Go is null ? "Go is not installed" : null },
            Python("requests", tools),
            Python("httpx", tools),
            new("curl", "bash", Script("curl.sh"), "URL")
            {
                Missing = Tools.Find("curl") is null ? "curl is not installed" : null,
                ReportsOpen = false,
            },
        ];
    }

    private static ClientProgram Node(string name, string? missing)
        => new(name, "node", Script("node", $"{name}.mjs"), "URL") { Missing = missing };

    private static ClientProgram Page(string name, string client, string? browser, string? missing)
        => new(name, "node", Script("browser", "page.mjs"), "URL", client, browser ?? "")
        {
            Missing = missing ?? (browser is null ? "its browser is not installed" : null),
        };

    private static ClientProgram Python(string module, Tools tools)
        => new($"Python {module}", Tools.Python, Script("python", $"{module}_client.py"), "URL")
        {
            Missing = tools.HasPython(module) ? null : $"Python's {module} is not installed",
        };

    private static string Script(params string[] path) => Path.Combine([Tools.Folder, .. path]);
}
