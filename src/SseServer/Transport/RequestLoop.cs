using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using SseServer.Protocol.Http;
using SseServer.Transport.Channels;
using SseServer.Transport.Limits;

namespace SseServer.Transport;

/// <summary>
/// Reads requests from a connection and has them answered, in order, until the connection closes or carries a stream. Then it ends, and
/// everything it held (reader, head, body, exchange, and the state of its own method) is garbage, so that a stream costs none of it.
/// </summary>
internal sealed class RequestLoop
{
    // The number of requests after which others get their turn: they take some tenths of a millisecond.
    private const int MaxInlineRequests = 64;

    // The reader waits with an empty buffer, so a connection between requests holds none.
    private static readonly StreamPipeReaderOptions ReaderOptions = new(leaveOpen: true, useZeroByteReads: true);

    private readonly Connection _connection;
    private readonly RequestServices _services;
    private readonly PipeReader _reader;
    private readonly RequestBody _body;
    private readonly HttpExchange _exchange;
    private readonly HeadMemory.Entry _head;
    private int _inlineRequests;

    private RequestLoop(Connection connection, RequestServices services)
    {
        _connection = connection;
        _services = services;
        _reader = PipeReader.Create(new ChannelStream(connection.Channel), ReaderOptions);
        _body = new RequestBody(connection, _reader, services.Options, services.Time);
        _exchange = new HttpExchange(connection, _body, services.Proxies, services.Date, services.Drain);
        _head = new HeadMemory.Entry(connection.ExpireHead);
    }

    private enum Outcome
    {
        /// <summary>There may be another request.</summary>
        Continue,

        /// <summary>A stream takes over the connection.</summary>
        Stream,

        /// <summary>Close in order: replies are delivered.</summary>
        Linger,

        /// <summary>The connection is broken.</summary>
        Close,
    }

    public static void Start(Connection connection, RequestServices services)
        => _ = new RequestLoop(connection, services).RunAsync();

    private async Task RunAsync()
    {
        Outcome outcome;
        try
        {
            do
            {
                // The thread that receives requests has other connections to serve, and would serve none of them while a peer sends
                // requests faster than they are answered.
                if (++_inlineRequests > MaxInlineRequests)
                {
                    _inlineRequests = 0;
                    await Task.Yield();
                }

                outcome = await ServeOneAsync();
            }
            while (outcome == Outcome.Continue);
        }
        catch (Exception e)
        {
            TransportLog.TransportFault(_services.Logger, e, _connection.Id);
            _connection.Abort(CloseReason.TransportFault);
            outcome = Outcome.Close;
        }

        _connection.Disarm();
        _services.Heads.Release(_head);
        var unread = _body.IsComplete && _reader.TryRead(out var rest) ? rest.Buffer.Length : 0;
        var mayServeAgain = _body.IsComplete && !_exchange.WillClose && _exchange.Request.IsHttp11;
        await _reader.CompleteAsync();
        _exchange.Request.Dispose();
        switch (outcome)
        {
            case Outcome.Stream:
                _connection.BeginStream(_exchange.StreamHandler!, mayServeAgain, unread);
                break;
            case Outcome.Linger:
                _connection.BeginLinger();
                break;
            default:
                _connection.Close();
                break;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // It suspends once a request.
    private async ValueTask<Outcome> ServeOneAsync()
    {
        var status = ParseStatus.Incomplete;
        var rejection = RequestRejection.None;
        var begun = false;
        while (status == ParseStatus.Incomplete)
        {
            if (!_reader.TryRead(out var read))
            {
                if (!await FlushAsync()) return Outcome.Close;
                if (!begun) _connection.ArmForRequest();
                var reading = _reader.ReadAsync();
                if (!reading.IsCompleted) _inlineRequests = 0;
                read = await reading;
            }

            var limits = _services.Options.ParserLimits;
            status = HttpRequestParser.Parse(read.Buffer, limits, _exchange.Request, out var consumed, out rejection);
            var examined = status == ParseStatus.Incomplete ? read.Buffer.End : consumed;
            if (!begun && !read.Buffer.IsEmpty && status == ParseStatus.Incomplete)
            {
                begun = true;
                _connection.ArmForHead();
            }

            // A head whose input has ended, or that was given up, must not make another one be given up.
            if (status == ParseStatus.Incomplete && !read.IsCompleted) _services.Heads.Hold(_head, read.Buffer.Length);

            _reader.AdvanceTo(consumed, examined);
            if (status == ParseStatus.Incomplete && read.IsCompleted) return await EndInputAsync(begun);
        }

        _connection.Disarm();
        _services.Heads.Release(_head);
        _connection.NoteRequest();
        if (status == ParseStatus.Complete && _connection.Refusal != RequestRejection.None)
            (status, rejection) = (ParseStatus.Rejected, _connection.Refusal);

        return status == ParseStatus.Rejected ? await RejectAsync(rejection, CloseReason.RequestRefused) : await HandleAsync();
    }

    private async ValueTask<Outcome> EndInputAsync(bool begun)
    {
        if (begun && _connection.CloseReason == CloseReason.HeaderTimeout)
            return await RejectAsync(RequestRejection.RequestTimeout, CloseReason.HeaderTimeout);
        _connection.TryRecord(CloseReason.PeerFinished);
        return Outcome.Linger;
    }

    private async ValueTask<Outcome> RejectAsync(RequestRejection rejection, CloseReason reason)
    {
        _connection.TryRecord(reason);
        _exchange.Begin();
        _exchange.CloseAfterReply();
        try
        {
            await _services.Application.RejectAsync(_exchange, rejection);
        }
        catch (Exception e)
        {
            return await FailAsync(e);
        }

        return await FlushAsync() ? Outcome.Linger : Outcome.Close;
    }

    private async ValueTask<Outcome> HandleAsync()
    {
        _body.Begin(_exchange.Request);
        _exchange.Begin();
        try
        {
            await _services.Application.HandleAsync(_exchange);
        }
        catch (Exception e)
        {
            return await FailAsync(e);
        }

        if (_exchange.StreamHandler is not null)
        {
            await FlushAsync();
            return Outcome.Stream;
        }

        if (!_exchange.ReplyEnded)
        {
            // A peer that left in the middle of its request gets no reply.
            if (_connection.CloseReason != CloseReason.None && !_exchange.ReplyStarted) return Outcome.Linger;
            TransportLog.ReplyMissing(_services.Logger, _connection.Id);
            return await FailAsync(null);
        }

        return await FinishAsync();
    }

    private async ValueTask<Outcome> FinishAsync()
    {
        if (_exchange.WillClose)
        {
            _connection.TryRecord(_body.IsComplete ? CloseReason.ReplyComplete : CloseReason.BodyUnread);
            return await FlushAsync() ? Outcome.Linger : Outcome.Close;
        }

        // Skipping may take long, and does not need the head.
        if (!_body.IsComplete) _exchange.Request.Reset();
        if (!_body.IsComplete && !await _body.SkipAsync())
        {
            _connection.TryRecord(CloseReason.BodyUnread);
            return await FlushAsync() ? Outcome.Linger : Outcome.Close;
        }

        // Replies gather as long as requests have arrived; the wait for the next one sends them.
        var full = _connection.Output.UnflushedBytes >= _services.Options.GatheredReplyBytes;
        return !full || await FlushAsync() ? Outcome.Continue : Outcome.Close;
    }

    private async ValueTask<Outcome> FailAsync(Exception? exception)
    {
        if (exception is not null) TransportLog.ApplicationFault(_services.Logger, exception, _connection.Id);
        _connection.TryRecord(CloseReason.ApplicationFault);
        if (_connection.Output.IsPending || _exchange.ReplyStarted || _exchange.StreamHandler is not null)
        {
            _connection.Abort(CloseReason.ApplicationFault);
            return Outcome.Close;
        }

        _exchange.CloseAfterReply();
        _exchange.StartReply(500);
        _exchange.EndReply();
        return await FlushAsync() ? Outcome.Linger : Outcome.Close;
    }

    private async ValueTask<bool> FlushAsync()
    {
        var flush = await _connection.Output.FlushAsync();
        return !flush.IsCompleted;
    }
}
