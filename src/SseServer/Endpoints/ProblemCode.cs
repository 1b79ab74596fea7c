using System.Text;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>
/// The reasons of refusals: each has a code, which programs compare and which never changes, a status and a title. docs/errors.md says what
/// each means and what to do; the running server has that page at <see cref="Page"/>.
/// </summary>
internal sealed class ProblemCode
{
    /// <summary>The path of the page that explains the codes.</summary>
    public const string Page = "/docs/errors";

    // Filled by the constructor, so it must come before the codes.
    private static readonly List<ProblemCode> Table = [];

    // By status. The first code of a status is its general one: see OfStatus.
    public static readonly ProblemCode InvalidRequest = new("invalid_request", 400, "The request is invalid");
    public static readonly ProblemCode InvalidEvent = new("invalid_event", 400, "An event is invalid");
    public static readonly ProblemCode MalformedHttp = new("malformed_http", 400, "The request is not valid HTTP");
    public static readonly ProblemCode TooManyTopics = new("too_many_topics", 400, "The subscription names too many topics");
    public static readonly ProblemCode AmbiguousCredential = new("ambiguous_credential", 400, "There is more than one credential");
    public static readonly ProblemCode CredentialRequired = new("credential_required", 401, "A key or token is needed");
    public static readonly ProblemCode InvalidCredential = new("invalid_credential", 401, "The key or token is not accepted");
    public static readonly ProblemCode TokenExpired = new("token_expired", 401, "The token has expired");
    public static readonly ProblemCode NotGranted = new("not_granted", 403, "The key or token does not allow this");
    public static readonly ProblemCode OriginNotAllowed = new("origin_not_allowed", 403, "Pages of this origin may not do this");
    public static readonly ProblemCode ProxyNotAllowed = new("proxy_not_allowed", 403, "A request through a proxy needs a key");
    public static readonly ProblemCode NotFound = new("not_found", 404, "There is no such resource");
    public static readonly ProblemCode StreamNotFound = new("stream_not_found", 404, "There is no such stream");
    public static readonly ProblemCode TopicNotFound = new("topic_not_found", 404, "There is no such topic");
    public static readonly ProblemCode MethodNotAllowed = new("method_not_allowed", 405, "The method is not allowed here");
    public static readonly ProblemCode NotAcceptable = new("not_acceptable", 406, "No acceptable format is available");
    public static readonly ProblemCode TooSlow = new("too_slow", 408, "The request arrived too slowly");
    public static readonly ProblemCode TopicEnded = new("topic_ended", 409, "The topic has ended");
    public static readonly ProblemCode IdConflict = new("id_conflict", 409, "The id belongs to another event");
    public static readonly ProblemCode AlreadyDraining = new("already_draining", 409, "The server is already ending its streams");
    public static readonly ProblemCode BodyTooLarge = new("body_too_large", 413, "The body is too large");
    public static readonly ProblemCode EventTooLarge = new("event_too_large", 413, "An event is too large");
    public static readonly ProblemCode BatchTooLarge = new("batch_too_large", 413, "The batch is too large");
    public static readonly ProblemCode RequestLineTooLong = new("request_line_too_long", 414, "The request line is too long");
    public static readonly ProblemCode UnsupportedMediaType = new("unsupported_media_type", 415, "The format of the body is not supported");
    public static readonly ProblemCode UnknownExpectation = new("unknown_expectation", 417, "The expectation is unknown");
    public static readonly ProblemCode WrongHost = new("wrong_host", 421, "The server does not answer to this host name");
    public static readonly ProblemCode RateLimited = new("rate_limited", 429, "You publish too fast");
    public static readonly ProblemCode ClientConnectionLimit = new("client_connection_limit", 429, "You have too many connections");
    public static readonly ProblemCode ClientStreamLimit = new("client_stream_limit", 429, "You have too many streams");
    public static readonly ProblemCode ClientTopicLimit = new("client_topic_limit", 429, "Your streams name too many topics");
    public static readonly ProblemCode ClientPatternLimit = new("client_pattern_limit", 429, "Your streams name too many patterns");
    public static readonly ProblemCode ClientBodyMemoryLimit = new("client_body_memory_limit", 429, "Your bodies take too much memory");
    public static readonly ProblemCode HeaderTooLarge = new("header_too_large", 431, "The header fields are too large");
    public static readonly ProblemCode NotImplemented = new("not_implemented", 501, "The server does not implement this");
    public static readonly ProblemCode ShuttingDown = new("shutting_down", 503, "The server is shutting down");
    public static readonly ProblemCode KeysUnavailable = new("keys_unavailable", 503, "The keys that verify tokens are not available yet");
    public static readonly ProblemCode HistoryUnavailable = new("history_unavailable", 503, "The history cannot be written");
    public static readonly ProblemCode ConnectionLimit = new("connection_limit", 503, "The server has too many connections");
    public static readonly ProblemCode StreamLimit = new("stream_limit", 503, "The server has too many streams");
    public static readonly ProblemCode TopicStreamLimit = new("topic_stream_limit", 503, "A topic has too many streams");
    public static readonly ProblemCode TopicLimit = new("topic_limit", 503, "The server has too many topics");
    public static readonly ProblemCode PatternLimit = new("pattern_limit", 503, "The server has too many patterns");
    public static readonly ProblemCode BodyMemoryLimit = new("body_memory_limit", 503, "Request bodies take too much memory");
    public static readonly ProblemCode MemoryLimit = new("memory_limit", 503, "The server is short of memory");
    public static readonly ProblemCode UnsupportedVersion = new("unsupported_http_version", 505, "The HTTP version is not supported");
    public static readonly ProblemCode HistoryFull = new("history_full", 507, "The disk of the history is full");

    private readonly byte[] _type;

    private ProblemCode(string text, int status, string title)
    {
        (Text, Status, Title) = (text, status, title);
        _type = Encoding.ASCII.GetBytes($"{Page}#{text}");
        Table.Add(this);
    }

    /// <summary>Every code, by status.</summary>
    public static IReadOnlyList<ProblemCode> All => Table;

    /// <summary>The code as it is sent: lower-case letters and underscores.</summary>
    public string Text { get; }

    /// <summary>The HTTP status, 400 to 599.</summary>
    public int Status { get; }

    /// <summary>A short phrase, the same for every refusal with this code.</summary>
    public string Title { get; }

    /// <summary>
    /// The <c>type</c> of RFC 9457 section 3.1.1: a path with a fragment, so that it resolves wherever the server is reached.
    /// </summary>
    public ReadOnlySpan<byte> Type => _type;

    /// <summary>Returns the general code of a status.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No code has this status.</exception>
    public static ProblemCode OfStatus(int status)
        => Table.Find(code => code.Status == status) ?? throw new ArgumentOutOfRangeException(nameof(status));

    /// <summary>Returns the code of a refusal of the transport, or of a body that could not be read.</summary>
    public static ProblemCode Of(RequestRejection rejection)
    {
        var status = RequestRejections.StatusOf(rejection);
        return status == 400 ? MalformedHttp : OfStatus(status);
    }
}
