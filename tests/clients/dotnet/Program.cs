// A loop around HttpClient and SseParser that reconnects, as docs/clients.md shows it.
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;

var tokenFile = Environment.GetEnvironmentVariable("TOKEN_FILE")!;
var (lastId, retry) = ("", TimeSpan.FromSeconds(3));
using var http = new HttpClient();
// The test closes standard input when it is done, also when it fails.
_ = Task.Run(async () =>
{
    await Console.In.ReadToEndAsync();
    Environment.Exit(0);
});
while (true)
{
    using var request = new HttpRequestMessage(HttpMethod.Get, args[0]);
    request.Headers.Accept.Add(new("text/event-stream"));
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await File.ReadAllTextAsync(tokenFile));
    if (lastId.Length > 0) request.Headers.Add("Last-Event-ID", lastId);
    try
    {
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Report(new { type = "open" });
        if (response.StatusCode == HttpStatusCode.NoContent) break;
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync());
        try
        {
            await foreach (var item in parser.EnumerateAsync())
                Report(new { type = "event", id = parser.LastEventId, name = item.EventType, data = item.Data });
        }
        finally
        {
            // Also after an exception: an incomplete body is the usual end. A stream without an id leaves the last one as it is.
            if (parser.LastEventId.Length > 0) lastId = parser.LastEventId;
            if (parser.ReconnectionInterval > TimeSpan.Zero) retry = parser.ReconnectionInterval;
        }
    }
    catch (Exception e) when (e is HttpRequestException or IOException)
    {
        Report(new { type = "error", text = e.Message });
    }

    await Task.Delay(retry);
}

Report(new { type = "stopped", reason = "204" });
await Task.Delay(Timeout.Infinite);

static void Report(object line) => Console.WriteLine(JsonSerializer.Serialize(line));
