using System.Buffers;

namespace SseServer.Transport.Tls;

/// <summary>
/// A connection's ciphertext, as <see cref="System.Net.Security.SslStream"/> reads and writes it. It never gives out bytes beyond the record at hand:
/// so between records the TLS layer holds nothing, and whatever comes next is seen in the kernel.
/// </summary>
/// <remarks>
/// Synchronous writes are <see cref="TlsPipeWriter"/>'s and never wait. Asynchronous ones are the handshake's and the closing alert's,
/// when nothing else writes; at any other time they would be the reading side's and could land within a record, so they are refused.
/// </remarks>
internal sealed class TlsRecordStream(Connection connection, SocketPipeWriter output) : Stream
{
    private TlsRecordFraming _framing;
    private int _lookRest;
    private bool _isLooking;

    /// <summary>Handshake or close: only the TLS layer itself writes.</summary>
    public bool IsNegotiating { get; set; } = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The length of the record that the last look allowed.</summary>
    public int LookBytes { get; private set; }

    /// <summary>
    /// Looks whether a whole record stands in the kernel. If so, reads up to <see cref="EndLook"/> take it without waiting, and
    /// nothing beyond it: the read that wants more throws <see cref="NothingToReadException"/>.
    /// </summary>
    public InputState BeginLook()
    {
        Span<byte> header = stackalloc byte[TlsRecordFraming.HeaderBytes];
        var state = connection.PeekSocket(header, out var peeked);
        if (state != InputState.Data) return state;
        if (peeked < header.Length) return InputState.Partial;
        var fragment = TlsRecordFraming.FragmentBytes(header);
        if (!TlsRecordFraming.IsAllowed(fragment))
        {
            connection.TryRecord(CloseReason.TlsBroken);
            return InputState.End;
        }

        var record = TlsRecordFraming.HeaderBytes + fragment;
        return connection.AvailableBytes < record ? InputState.Partial : Allow(record);
    }

    /// <summary>As <see cref="BeginLook"/>, for what the TLS layer holds already.</summary>
    public InputState BeginEmptyLook() => Allow(0);

    public void EndLook() => _isLooking = false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isLooking) return new ValueTask<int>(LookAt(buffer.Span));
        return buffer.IsEmpty ? connection.ReadSocketAsync(buffer) : ReadRecordAsync(buffer);
    }

    /// <summary>Leaves a record in the output's buffer, for the caller to send.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!IsNegotiating) throw new IOException("The peer wants an answer from the TLS layer while a record may be underway.");
        await output.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private InputState Allow(int bytes)
    {
        _isLooking = true;
        _lookRest = LookBytes = bytes;
        return InputState.Data;
    }

    private async ValueTask<int> ReadRecordAsync(Memory<byte> buffer)
    {
        buffer = buffer[..Math.Min(buffer.Length, _framing.Wanted)];
        var read = await connection.ReadSocketAsync(buffer);
        if (_framing.TryAdvance(buffer.Span[..read])) return read;

        // The end of the input, as far as the TLS layer goes: not every version of it outlives a record that is empty.
        if (!IsNegotiating) connection.TryRecord(CloseReason.TlsBroken);
        return 0;
    }

    private int LookAt(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;
        if (_lookRest == 0) throw new NothingToReadException();
        buffer = buffer[..Math.Min(Math.Min(buffer.Length, _framing.Wanted), _lookRest)];
        if (connection.ReceiveSocket(buffer, out var read) != InputState.Data) return 0;
        _lookRest -= read;
        return _framing.TryAdvance(buffer[..read]) ? read : 0;
    }
}
