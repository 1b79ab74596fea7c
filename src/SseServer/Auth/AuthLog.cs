using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>
/// The log messages of authentication; ids 3000 to 3999. They never contain a credential or anything else that a peer wrote.
/// </summary>
internal static partial class AuthLog
{
    [LoggerMessage(3000, LogLevel.Information,
        "Credential refused: {Failure}, signing key {KeyId}. Such refusals since the last such message: {Count}")]
    public static partial void CredentialRefused(ILogger logger, AuthFailure failure, string? keyId, long count);

    [LoggerMessage(3001, LogLevel.Information, "Read {Count} signing keys from {Source}")]
    public static partial void KeysRead(ILogger logger, string source, int count);

    [LoggerMessage(3002, LogLevel.Warning, "Cannot read signing keys from {Source}: it {Problem}. The keys read before stay in use")]
    public static partial void KeysUnreadable(ILogger logger, string source, string problem);
}
