using System.Buffers;
using System.Net;
using SseServer.Protocol.Http;
using SseServer.Transport.Proxies;

namespace SseServer.Transport;

/// <summary>
/// One request and its reply. The reply is buffered in the connection's output. It is sent when the application has finished and no further
/// request has arrived, so replies to pipelined requests are sent together. Valid until <see cref="IHttpApplication.HandleAsync"/>
/// completes; one thread at a time.
/// </summary>
internal sealed class HttpExchange
{
    private readonly TrustedProxies _proxies;
    private readonly DateHeader _date;
    private readonly DrainState _drain;
    private int _status;
    private bool _closes;
    private IPAddress? _clientAddress;

    internal HttpExchange(Connection connection, RequestBody body, TrustedProxies proxies, DateHeader date, DrainState drain)
    {
        Connection = connection;
        Body = body;
        _proxies = proxies;
        _date = date;
        _drain = drain;
    }

    public RequestHead Request { get; } = new();

    public RequestBody Body { get; }

    public Connection Connection { get; }

    /// <summary>
    /// The client: the connection's peer or, behind trusted proxies, the client that they name. Never an IPv4 address mapped to IPv6.
    /// </summary>
    public IPAddress ClientAddress => _clientAddress ??= _proxies.FindClient(Connection.RemoteAddress, Request);

    /// <summary>Whether the connection's peer is a trusted proxy.</summary>
    public bool IsFromTrustedProxy => _proxies.Contains(Connection.RemoteAddress);

    /// <summary>Whether any proxy is trusted, so the server is there for more than its own machine.</summary>
    public bool HasTrustedProxies => _proxies.IsAny;

    /// <summary>Whether the request must be refused because there are too many connections. The connection then closes.</summary>
    public bool IsOverLimit => Connection.IsOverLimit;

    public bool ReplyStarted { get; private set; }

    public bool ReplyEnded { get; private set; }

    /// <summary>
    /// Whether the connection closes after this reply: the application or the client asked for it, the server drains, or the request's body
    /// is not read to its end. Fixed once the reply has started.
    /// </summary>
    public bool WillClose
        => _closes
        || (!ReplyStarted
            && (!Request.KeepAlive || _drain.IsDraining || !Body.CanBeSkipped || Connection.CloseReason != CloseReason.None));

    internal IStreamHandler? StreamHandler { get; private set; }

    /// <summary>Closes the connection after the reply. To be called before the reply starts.</summary>
    public void CloseAfterReply() => _closes = true;

    /// <summary>Writes the status line, Date, and Connection if it differs from the default of the request's version.</summary>
    /// <param name="status">200 to 599.</param>
    /// <exception cref="InvalidOperationException">A reply has started already.</exception>
    public void StartReply(int status)
    {
        if (ReplyStarted || StreamHandler is not null) throw new InvalidOperationException("The request has a reply already.");
        WriteReplyHead(Connection.Output, status);
        _closes = WillClose;
        _status = status;
        ReplyStarted = true;
    }

    /// <summary>
    /// Writes what <see cref="StartReply"/> writes to another buffer: the beginning of a head that a stream's handler sends later.
    /// </summary>
    public void WriteReplyHead(IBufferWriter<byte> output, int status)
    {
        ResponseHead.WriteStatusLine(output, status);
        ResponseHead.WriteHeader(output, "Date"u8, _date.Value);
        if (WillClose) ResponseHead.WriteHeader(output, "Connection"u8, "close"u8);
        else if (!Request.IsHttp11) ResponseHead.WriteHeader(output, "Connection"u8, "keep-alive"u8);
    }

    /// <summary>Adds a field to the head.</summary>
    /// <exception cref="ArgumentException">The name or value would break out of its line.</exception>
    public void Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => ResponseHead.WriteHeader(Connection.Output, name, value);

    /// <inheritdoc cref="Header(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Header(ReadOnlySpan<byte> name, long value) => ResponseHead.WriteHeader(Connection.Output, name, value);

    /// <summary>Ends a reply without a body.</summary>
    public void EndReply()
    {
        // RFC 9110 section 8.6: no Content-Length with 1xx and 204; with 304 it would be the length of the 200.
        if (_status is not (204 or 304)) Header("Content-Length"u8, 0);
        EndHead();
    }

    /// <summary>Ends a reply to HEAD whose GET is a stream and has no length (RFC 9110 section 9.3.2).</summary>
    public void EndReplyWithoutLength() => EndHead();

    /// <summary>Ends a reply with a body. For HEAD the body is omitted, but its length is sent.</summary>
    public void EndReply(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> body)
    {
        Header("Content-Type"u8, contentType);
        Header("Content-Length"u8, body.Length);
        EndHead();
        if (Request.Method != RequestMethod.Head) Connection.Output.Write(body);
    }

    /// <summary>Ends a reply to GET with a chunked body that has one chunk and no last one. The connection must close after it.</summary>
    public void EndTruncatedReply(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> body)
    {
        Header("Content-Type"u8, contentType);
        Header("Transfer-Encoding"u8, "chunked"u8);
        EndHead();
        var output = Connection.Output;
        var length = ChunkEnvelope.Measure(body.Length);
        ChunkEnvelope.Write(output.GetSpan(length), body);
        output.Advance(length);
    }

    /// <summary>
    /// Hands the connection to a stream, instead of a reply or after a head that was written but not ended. Once
    /// <see cref="IHttpApplication.HandleAsync"/> completes, the connection sends what is buffered, releases everything that reads
    /// requests, and calls <see cref="IStreamHandler.OnStreamReady"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reply has ended, or the connection has a stream already.</exception>
    public void TakeOver(IStreamHandler handler)
    {
        if (StreamHandler is not null || ReplyEnded) throw new InvalidOperationException("The request has a reply already.");
        if (ReplyStarted) ResponseHead.WriteEnd(Connection.Output);
        StreamHandler = handler;
    }

    internal void Begin()
    {
        _status = 0;
        _closes = false;
        ReplyStarted = false;
        ReplyEnded = false;
        StreamHandler = null;
        _clientAddress = null;
    }

    private void EndHead()
    {
        if (!ReplyStarted || ReplyEnded) throw new InvalidOperationException("No reply was started, or it has ended already.");
        ResponseHead.WriteEnd(Connection.Output);
        ReplyEnded = true;
    }
}
