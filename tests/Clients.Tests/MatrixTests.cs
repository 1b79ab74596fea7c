using System.Text.RegularExpressions;

namespace SseServer.Clients.Tests;

/// <summary>
/// What real clients do at each kind of end, compared with the tables of docs/clients.md. SSE_TEST_CLIENTS, a regular expression, selects
/// clients by name; SSE_TEST_CLIENTS_WRITE=1 writes the tables instead.
/// </summary>
[Platform("Linux")]
public sealed class MatrixTests
{
    private static bool IsLong => Environment.GetEnvironmentVariable("SSE_TEST_LONG") == "1";

    // The other kind takes another minute.
    private static IEnumerable<string> Ends => IsLong ? ["truncate", "clean"] : ["truncate"];

    [TestCaseSource(nameof(Ends))]
    public async Task Every_client_does_what_its_row_says(string end)
    {
        var tools = await Tools.InstallAsync();
        using var chromium = await ChromiumProcess.StartAsync();
        var programs = ClientPrograms.Create(tools, chromium?.Address);
        if (Environment.GetEnvironmentVariable("SSE_TEST_CLIENTS") is { } only)
            programs = programs.FindAll(program => Regex.IsMatch(program.Name, only));
        foreach (var program in programs)
            if (program.Missing is not null) await TestContext.Out.WriteLineAsync($"Skipped: {program.Name}, since {program.Missing}.");

        programs = programs.FindAll(program => program.Missing is null);
        if (programs.Count == 0) Assert.Ignore("This machine has none of the clients.");
        var rows = await Matrix.RunAsync(programs, end);
        if (Environment.GetEnvironmentVariable("SSE_TEST_CLIENTS_WRITE") == "1") MatrixTable.Write(end, rows);
        var documented = MatrixTable.Read(end);
        Assert.Multiple(() =>
        {
            foreach (var row in rows)
                Assert.That(row.ToString(), Is.EqualTo(documented.GetValueOrDefault(row.Program.Name)), row.Program.Name);
        });
    }
}
