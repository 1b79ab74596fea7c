namespace SseServer.Transport.Tls;

/// <summary>
/// Ends a look: the record was a message of the TLS layer's own (a key update), after which it asks for another record. An
/// <see cref="IOException"/>, since the TLS layer passes those on as they are and stays usable.
/// </summary>
internal sealed class NothingToReadException : IOException;
