using System.Net.ServerSentEvents;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>HttpClient and .NET's parser, with the loop around it that the parser leaves to its user.</summary>
internal sealed class SseParserReader : IEventReader
{
    private readonly HttpClient _http = new();
    private readonly Uri _url;
    private HttpResponseMessage? _response;
    private SseParser<string>? _parser;
    private IAsyncEnumerator<SseItem<string>>? _events;
    private string _lastEventId = "";

    private SseParserReader(Uri url) => _url = url;

    public static async Task<SseParserReader> StartAsync(Uri url)
    {
        var reader = new SseParserReader(url);
        reader._events = await reader.ConnectAsync();
        return reader;
    }

    public async Task<SeenEvent> NextAsync()
    {
        while (true)
        {
            _events ??= await ConnectAsync();
            if (!await MoveAsync())
            {
                _events = null;
                continue;
            }

            _lastEventId = _parser!.LastEventId;
            if (Array.IndexOf(IEventReader.Types, _events.Current.EventType) >= 0)
                return new SeenEvent(_events.Current.EventType, _events.Current.Data, _events.Current.EventId ?? _lastEventId);
        }
    }

    public ValueTask DisposeAsync()
    {
        _response?.Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<IAsyncEnumerator<SseItem<string>>> ConnectAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_lastEventId.Length > 0) request.Headers.TryAddWithoutValidation("Last-Event-ID", _lastEventId);
        _response?.Dispose();
        _response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        _response.EnsureSuccessStatusCode();
        _parser = SseParser.Create(await _response.Content.ReadAsStreamAsync());
        return _parser.EnumerateAsync().GetAsyncEnumerator();
    }

    private async Task<bool> MoveAsync()
    {
        try
        {
            var moved = await _events!.MoveNextAsync().AsTask().Soon();
            if (!moved) _lastEventId = _parser!.LastEventId;
            return moved;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            _lastEventId = _parser!.LastEventId;
            return false;
        }
    }
}
