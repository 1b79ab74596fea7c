using System.Buffers;
using System.Text;
using SseServer.Protocol.Http;
using SseServer.Transport;

namespace SseServer.ConformanceHost;

/// <summary>
/// Shows from outside what the transport and the parser understood of a request: <c>/echo</c> answers with the header lines,
/// <c>/cookie</c> with the cookie pairs, a POST elsewhere with its body, and everything else with 200. Bodies are read to their
/// end whatever the method, so that the request behind one is found where the framing says.
/// </summary>
internal sealed class ConformanceApplication : IHttpApplication
{
    private static ReadOnlySpan<byte> PlainText => "text/plain"u8;

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        var body = new ArrayBufferWriter<byte>();
        BodyReadResult read;
        do read = await exchange.Body.ReadAsync(body);
        while (read.Status == BodyReadStatus.Data);

        if (read.Status == BodyReadStatus.End) Answer(exchange, body.WrittenSpan);
        else if (read.Status != BodyReadStatus.Aborted) await RejectAsync(exchange, read.Rejection);
    }

    public ValueTask RejectAsync(HttpExchange exchange, RequestRejection rejection)
    {
        exchange.StartReply(RequestRejections.StatusOf(rejection));
        exchange.EndReply(PlainText, Encoding.ASCII.GetBytes($"{rejection}: {RequestRejections.Explain(rejection)}\n"));
        return ValueTask.CompletedTask;
    }

    private static void Answer(HttpExchange exchange, ReadOnlySpan<byte> body)
    {
        var request = exchange.Request;
        exchange.StartReply(200);
        if (request.Path.SequenceEqual("/echo"u8)) exchange.EndReply(PlainText, HeaderLines(request));
        else if (request.Method == RequestMethod.Post) exchange.EndReply("application/octet-stream"u8, body);
        else if (request.Path.SequenceEqual("/cookie"u8)) exchange.EndReply(PlainText, CookieLines(request));
        else AnswerOthers(exchange);
    }

    private static void AnswerOthers(HttpExchange exchange)
    {
        // RFC 9110 section 9.3.7: an answer to OPTIONS should name what the resource offers.
        if (exchange.Request.Method == RequestMethod.Options) exchange.Header("Allow"u8, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"u8);
        exchange.EndReply(PlainText, "OK\n"u8);
    }

    private static ReadOnlySpan<byte> HeaderLines(RequestHead request)
    {
        var lines = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.HeaderCount; i++) WriteLine(lines, request.HeaderName(i), ": "u8, request.HeaderValue(i));
        return lines.WrittenSpan;
    }

    private static ReadOnlySpan<byte> CookieLines(RequestHead request)
    {
        var lines = new ArrayBufferWriter<byte>();
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Cookie"u8)) continue;
            foreach (var pair in new CookiePairs(request.HeaderValue(i))) WriteLine(lines, pair.Name, "="u8, pair.Value);
        }

        return lines.WrittenSpan;
    }

    private static void WriteLine(ArrayBufferWriter<byte> lines, ReadOnlySpan<byte> name, ReadOnlySpan<byte> separator,
        ReadOnlySpan<byte> value)
    {
        lines.Write(name);
        lines.Write(separator);
        lines.Write(value);
        lines.Write("\n"u8);
    }
}
