using Microsoft.Extensions.Logging;

namespace SseServer.Auth;

/// <summary>What authentication logs; event ids 3000 to 3999. Never a credential, nor anything else that a peer wrote.</summary>
internal static partial class AuthLog
{
    [LoggerMessage(3000, LogLevel.Information,
        "A credential is refused: {Failure}; signing key {KeyId}. Such credentials since the last such line: {Count}")]
    public static partial void CredentialRefused(ILogger logger, AuthFailure failure, string? keyId, long count);

    [LoggerMessage(3001, LogLevel.Information, "Signing keys from {Source}: {Count}")]
    public static partial void KeysRead(ILogger logger, string source, int count);

    [LoggerMessage(3002, LogLevel.Warning, "Signing keys from {Source} could not be read, those known stay: it {Problem}")]
    public static partial void KeysUnreadable(ILogger logger, string source, string problem);
}
