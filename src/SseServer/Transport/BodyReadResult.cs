using SseServer.Protocol.Http;

namespace SseServer.Transport;

/// <summary>The outcome of one <see cref="RequestBody.ReadAsync"/>.</summary>
/// <param name="Status">How far it came.</param>
/// <param name="Rejection">What to tell the peer where the status is TooLarge, Rejected or TimedOut, otherwise None.</param>
internal readonly record struct BodyReadResult(BodyReadStatus Status, RequestRejection Rejection = RequestRejection.None);
