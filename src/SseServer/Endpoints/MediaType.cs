using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>The format of a publish's body (RFC 9110 section 8.3).</summary>
internal enum BodyFormat
{
    /// <summary>The data of one event; any type without a special meaning here.</summary>
    Text,

    /// <summary><c>application/octet-stream</c>: the data of one event, sent as base64.</summary>
    Binary,

    /// <summary><c>application/x-ndjson</c>, or another name of JSON lines: one event per line.</summary>
    Batch,

    /// <summary><c>text/event-stream</c>: one event per block.</summary>
    EventStream,
}

/// <summary>Reads Content-Type and Content-Encoding.</summary>
internal static class MediaType
{
    private const string Multipart
        = "A multipart body is not split into its parts; send the data alone, or several events as application/x-ndjson.";

    /// <summary>The media type of streams.</summary>
    public static ReadOnlySpan<byte> EventStream => "text/event-stream"u8;

    /// <summary>
    /// The Content-Type of streams. An event stream is always UTF-8 (WHATWG HTML 9.2.5), but some clients read text without a charset as
    /// Latin-1 (Python's requests does).
    /// </summary>
    public static ReadOnlySpan<byte> EventStreamUtf8 => "text/event-stream; charset=utf-8"u8;

    /// <summary>The media type of JSON documents.</summary>
    public static ReadOnlySpan<byte> Json => "application/json"u8;

    /// <summary>Finds the format of the body; returns null, or what is wrong with it and what to do.</summary>
    public static string? Read(RequestHead request, out BodyFormat format)
    {
        format = BodyFormat.Text;
        if (IsCoded(request)) return "The body has a content coding; send it without Content-Encoding.";
        if (request.CountHeaders("Content-Type"u8) > 1) return "The request has more than one Content-Type field; send one.";
        if (!request.TryGetHeader("Content-Type"u8, out var value)) return null;
        var semicolon = value.IndexOf((byte)';');
        var type = HttpTokens.TrimWhitespace(semicolon < 0 ? value : value[..semicolon]);
        if (IsMultipart(type)) return Multipart;
        if (HttpTokens.EqualsIgnoreCase(type, "application/octet-stream"u8)) format = BodyFormat.Binary;
        else if (IsBatch(type)) format = BodyFormat.Batch;
        else if (HttpTokens.EqualsIgnoreCase(type, EventStream)) format = BodyFormat.EventStream;
        if (format == BodyFormat.Binary || semicolon < 0 || IsUtf8(value[semicolon..])) return null;
        return "The charset is not UTF-8; send text as UTF-8, the only encoding of event streams.";
    }

    // None of them is registered; each is in use (jsonlines.org, ndjson.org).
    private static bool IsBatch(ReadOnlySpan<byte> type)
        => HttpTokens.EqualsIgnoreCase(type, "application/x-ndjson"u8)
            || HttpTokens.EqualsIgnoreCase(type, "application/ndjson"u8)
            || HttpTokens.EqualsIgnoreCase(type, "application/jsonl"u8)
            || HttpTokens.EqualsIgnoreCase(type, "application/x-jsonlines"u8);

    private static bool IsMultipart(ReadOnlySpan<byte> type)
        => type.Length >= "multipart/".Length && HttpTokens.EqualsIgnoreCase(type[.."multipart/".Length], "multipart/"u8);

    private static bool IsCoded(RequestHead request)
    {
        for (var i = 0; i < request.HeaderCount; i++)
        {
            if (!HttpTokens.EqualsIgnoreCase(request.HeaderName(i), "Content-Encoding"u8)) continue;
            foreach (var coding in new ListValues(request.HeaderValue(i)))
                if (!HttpTokens.EqualsIgnoreCase(coding, "identity"u8)) return true;
        }

        return false;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> parameters)
    {
        while (!parameters.IsEmpty)
        {
            parameters = HttpTokens.TrimWhitespace(parameters[1..]);
            var end = parameters.IndexOf((byte)';');
            var parameter = HttpTokens.TrimWhitespace(end < 0 ? parameters : parameters[..end]);
            parameters = end < 0 ? default : parameters[end..];
            var name = "charset="u8;
            if (parameter.Length < name.Length || !HttpTokens.EqualsIgnoreCase(parameter[..name.Length], name)) continue;
            var charset = parameter[name.Length..].Trim((byte)'"');
            if (!HttpTokens.EqualsIgnoreCase(charset, "utf-8"u8) && !HttpTokens.EqualsIgnoreCase(charset, "us-ascii"u8)) return false;
        }

        return true;
    }
}
