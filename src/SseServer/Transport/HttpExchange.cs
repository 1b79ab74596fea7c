using System.Buffers;
using System.Net;
using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>
/// One request and its reply. The reply is buffered in the connection's output and leaves when the application is done with the
/// request and no further request is there, so replies to pipelined requests leave together. Valid until
/// <see cref="IHttpApplication.HandleAsync"/> completes; one thread at a time.
/// </summary>
internal sealed class HttpExchange
{
    private readonly TransportContext _context;
    private int _status;
    private bool _closes;
    private IPAddress? _clientAddress;

    internal HttpExchange(Connection connection, TransportContext context, RequestHead request, RequestBody body)
    {
        Connection = connection;
        _context = context;
        Request = request;
        Body = body;
    }

    public RequestHead Request { get; }

    public RequestBody Body { get; }

    public Connection Connection { get; }

    /// <summary>
    /// Who asks: the connection's other side or, behind trusted proxies, whom they name. Never an IPv4 address within IPv6. Valid until the
    /// exchange is over.
    /// </summary>
    public IPAddress ClientAddress => _clientAddress ??= _context.Proxies.FindClient(Connection.RemoteAddress, Request);

    /// <summary>The connection's other side is one of the proxies that are trusted.</summary>
    public bool IsFromTrustedProxy => _context.Proxies.Contains(Connection.RemoteAddress);

    /// <summary>Some proxies are trusted, so the server is there for more than its own machine.</summary>
    public bool HasTrustedProxies => _context.Proxies.IsAny;

    /// <summary>There are too many connections: the request is to be refused, and the connection closes.</summary>
    public bool IsOverLimit => Connection.IsOverLimit;

    public bool ReplyStarted { get; private set; }

    public bool ReplyEnded { get; private set; }

    /// <summary>
    /// The connection closes after this reply: the application or the client asked for it, the server drains, or the request's body
    /// is not read to its end. Fixed once the reply has started.
    /// </summary>
    public bool WillClose =>
        _closes
        || (!ReplyStarted
            && (!Request.KeepAlive || _context.IsDraining || !Body.CanBeSkipped || Connection.CloseReason != CloseReason.None));

    internal IStreamPeer? Peer { get; private set; }

    /// <summary>Lets the connection close after the reply. Call it before the reply starts.</summary>
    public void CloseAfterReply() => _closes = true;

    /// <summary>Writes the status line, Date, and Connection where the default of the request's version is not meant.</summary>
    /// <param name="status">200 to 599.</param>
    /// <exception cref="InvalidOperationException">A reply has started already.</exception>
    public void StartReply(int status)
    {
        if (ReplyStarted || Peer is not null) throw new InvalidOperationException("The request has a reply already.");
        WriteReplyHead(Connection.Output, status);
        _closes = WillClose;
        _status = status;
        ReplyStarted = true;
    }

    /// <summary>
    /// Writes what <see cref="StartReply"/> writes to another place: the beginning of a head that a stream's owner sends later.
    /// </summary>
    public void WriteReplyHead(IBufferWriter<byte> output, int status)
    {
        ResponseHead.WriteStatusLine(output, status);
        ResponseHead.WriteHeader(output, "Date"u8, _context.Date.Value);
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
        // RFC 9110 section 8.6: no Content-Length with 1xx and 204; with 304 it would tell the length of the 200.
        if (_status is not (204 or 304)) Header("Content-Length"u8, 0);
        EndHead();
    }

    /// <summary>Ends a reply to HEAD whose GET is a stream, so that no length can be told (RFC 9110 section 9.3.2).</summary>
    public void EndReplyWithoutLength() => EndHead();

    /// <summary>Ends a reply with a body. For HEAD the body is left out, its length is told all the same.</summary>
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
        output.Advance(ChunkEnvelope.WritePrefix(output.GetSpan(ChunkEnvelope.MaxPrefixBytes), body.Length));
        output.Write(body);
        output.Write(ChunkEnvelope.Suffix);
    }

    /// <summary>
    /// Hands the connection to a stream, now or after a head that was written but has no end. Once
    /// <see cref="IHttpApplication.HandleAsync"/> completes, the connection sends what is buffered, lets go of everything that
    /// reads requests, and calls <see cref="IStreamPeer.OnStreamReady"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The reply has ended or the connection is taken.</exception>
    public void TakeOver(IStreamPeer peer)
    {
        if (Peer is not null || ReplyEnded) throw new InvalidOperationException("The request has a reply already.");
        if (ReplyStarted) ResponseHead.WriteEnd(Connection.Output);
        Peer = peer;
    }

    internal void Begin()
    {
        _status = 0;
        _closes = false;
        ReplyStarted = false;
        ReplyEnded = false;
        Peer = null;
        _clientAddress = null;
    }

    private void EndHead()
    {
        if (!ReplyStarted || ReplyEnded) throw new InvalidOperationException("No reply is underway.");
        ResponseHead.WriteEnd(Connection.Output);
        ReplyEnded = true;
    }
}
