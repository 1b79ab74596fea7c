using System.Buffers;
using SseServer.Transport.Channels;

namespace SseServer.Transport.Tls;

/// <summary>
/// A connection's ciphertext, as <see cref="System.Net.Security.SslStream"/> reads and writes it. A read never goes beyond the current
/// record, so between records the TLS layer holds nothing, and a wait on the socket notices whatever comes next.
/// </summary>
/// <remarks>
/// Synchronous writes come from <see cref="TlsPipeWriter"/> and never wait. Asynchronous ones are those of the handshake and of
/// close_notify, when nothing else writes. At any other time they would come from the reading side and could land in the middle of a
/// record, so they are refused.
/// </remarks>
internal sealed class TlsRecordStream(IRawChannel raw) : AsyncStream
{
    private TlsRecordFraming _framing;
    private int _recordRest;
    private bool _isLimited;

    /// <summary>Handshake or close: only the TLS layer itself writes.</summary>
    public bool IsNegotiating { get; set; } = true;

    public override bool CanWrite => true;

    /// <summary>The length of the record that may be read without waiting, with its header.</summary>
    public int RecordBytes { get; private set; }

    /// <summary>
    /// Checks whether a whole record has arrived. If so, reads until <see cref="EndRead"/> take it without waiting and nothing beyond it: a
    /// read that wants more throws <see cref="NothingToReadException"/>.
    /// </summary>
    public InputState BeginRecordRead()
    {
        Span<byte> header = stackalloc byte[TlsRecordFraming.HeaderBytes];
        var state = raw.Peek(header, out var peeked);
        if (state != InputState.Data) return state;
        if (peeked < header.Length) return InputState.Partial;
        var fragment = TlsRecordFraming.FragmentBytes(header);
        if (!TlsRecordFraming.IsAllowed(fragment))
        {
            raw.TryRecord(CloseReason.TlsBroken);
            return InputState.End;
        }

        var record = TlsRecordFraming.HeaderBytes + fragment;
        return raw.AvailableBytes < record ? InputState.Partial : Limit(record);
    }

    /// <summary>As <see cref="BeginRecordRead"/>, for data that the TLS layer has decrypted already.</summary>
    public InputState BeginBufferedRead() => Limit(0);

    public void EndRead() => _isLimited = false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isLimited) return new ValueTask<int>(ReadLimited(buffer.Span));
        return buffer.IsEmpty ? raw.ReadAsync(buffer) : ReadRecordAsync(buffer);
    }

    /// <summary>Leaves a record in the output's buffer; the caller sends it.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => raw.Output.Write(buffer);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsNegotiating) throw new IOException("The peer wants an answer from the TLS layer while a record may be in progress.");
        await raw.Output.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    private InputState Limit(int bytes)
    {
        _isLimited = true;
        _recordRest = RecordBytes = bytes;
        return InputState.Data;
    }

    private async ValueTask<int> ReadRecordAsync(Memory<byte> buffer)
    {
        buffer = buffer[..Math.Min(buffer.Length, _framing.Wanted)];
        var read = await raw.ReadAsync(buffer);
        if (_framing.TryAdvance(buffer.Span[..read])) return read;

        // The TLS layer sees the end of the input instead: not every version of it survives an empty record.
        if (!IsNegotiating) raw.TryRecord(CloseReason.TlsBroken);
        return 0;
    }

    private int ReadLimited(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_recordRest == 0) throw new NothingToReadException();
        buffer = buffer[..Math.Min(Math.Min(buffer.Length, _framing.Wanted), _recordRest)];
        if (raw.Receive(buffer, out var read) != InputState.Data) return 0;
        _recordRest -= read;
        return _framing.TryAdvance(buffer[..read]) ? read : 0;
    }

    /// <summary>
    /// The record was a message of the TLS layer itself (a key update), after which it asks for another record. It is an
    /// <see cref="IOException"/> because the TLS layer lets those pass and remains usable.
    /// </summary>
    internal sealed class NothingToReadException : IOException;
}
