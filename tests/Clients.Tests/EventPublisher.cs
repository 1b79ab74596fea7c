using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace SseServer.Clients.Tests;

/// <summary>Publishes numbered events to the matrix's two topics, twenty a second, until it is disposed of.</summary>
internal sealed class EventPublisher : IAsyncDisposable
{
    public const string PlainPath = "/events/clients/plain";
    public const string DatastarPath = "/events/clients/datastar";
    public const string PlainName = "note";
    public const string DatastarName = "datastar-merge-signals";

    /// <summary>Every number has so many digits.</summary>
    public const int Digits = 6;

    private const string Key = "a key of the publisher's";

    public static readonly string[] Settings =
        [$"--Auth:Keys:matrix:Secret={Key}", "--Auth:Keys:matrix:Publish:0=**", "--Auth:Keys:matrix:Admin=true"];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public EventPublisher(Uri server)
    {
        _http = new HttpClient { BaseAddress = server, Timeout = TimeSpan.FromSeconds(5) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        _loop = RunAsync();
    }

    /// <summary>The number of the newest event that the server has accepted.</summary>
    public int Published { get; private set; }

    /// <summary>Publishes nothing while it is true.</summary>
    public bool IsPaused { get; set; }

    /// <summary>An event with several lines and characters outside ASCII; each line begins with the number.</summary>
    public static string PlainData(int number) => $"{number:d6} one\n{number:d6} zwölf € 😀";

    /// <summary>The signals of an event in Datastar's format.</summary>
    public static string DatastarSignals(int number) => $"{{n: '{number:d6}',\ntext: 'zwölf € 😀'}}";

    /// <summary>Ends all streams now.</summary>
    public async Task ShedAsync() => (await _http.PostAsync("/admin/shed?percent=100&over=0s", null)).EnsureSuccessStatusCode();

    /// <summary>Ends both topics with a last event.</summary>
    public async Task EndTopicsAsync()
    {
        await StopAsync();
        (await PostAsync(Published + 1, isFinal: true)).EnsureSuccessStatusCode();
        Published++;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Pause);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
                if (IsPaused) continue;
                // Not cancelled: whether the event was published would not be known.
                using var reply = await PostAsync(Published + 1, isFinal: false);
                if (reply.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created) Published++;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // The server restarts, or the answer is lost: the same event is sent again, and its id keeps it from being doubled.
            }
        }
    }

    private Task<HttpResponseMessage> PostAsync(int number, bool isFinal)
    {
        var signals = string.Join('\n', DatastarSignals(number).Split('\n').Select(line => "signals " + line));
        object[] lines =
        [
            new { topic = "clients/plain", @event = PlainName, id = $"n{number}", data = PlainData(number), final = isFinal },
            new { topic = "clients/datastar", @event = DatastarName, id = $"n{number}", data = signals, final = isFinal },
        ];
        var body = string.Concat(lines.Select(line => JsonSerializer.Serialize(line) + "\n"));
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        return _http.PostAsync("/events", content);
    }
}
