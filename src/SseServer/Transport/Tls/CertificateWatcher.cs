using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace SseServer.Transport.Tls;

/// <summary>
/// The certificate for handshakes. The files are read every few seconds, which notices every kind of replacement, including links. If their
/// content has changed, later handshakes use the new certificate; if it cannot be used, they keep the current one. Open connections are not
/// affected.
/// </summary>
internal sealed class CertificateWatcher : IDisposable
{
    // A renewed certificate has days to take effect, but an operator who waits for it at a terminal has seconds.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // ACME clients renew when a third of the lifetime is left; when a sixth is left, something is wrong. Long-lived certificates get two
    // weeks.
    private static readonly TimeSpan LongestNotice = TimeSpan.FromDays(14);

    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http11];

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private ServerCertificate _certificate;
    private SslServerAuthenticationOptions _handshake;
    private byte[]? _fingerprint;
    private bool _hasWarned;
    private int _checking;

    public CertificateWatcher(TlsOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _fingerprint = options.Files.Read(out _)?.Fingerprint();
        Use(options.Certificate);
        _timer = time.CreateTimer(static watcher => ((CertificateWatcher)watcher!).CheckFiles(), this, Interval, Interval);
    }

    /// <summary>The options of a handshake that begins now.</summary>
    public SslServerAuthenticationOptions Handshake => Volatile.Read(ref _handshake);

    public void Dispose() => _timer.Dispose();

    private void CheckFiles()
    {
        // If a check takes longer than the interval, the next one is skipped.
        if (Interlocked.Exchange(ref _checking, 1) != 0) return;
        try
        {
            var bytes = _options.Files.Read(out var problem);
            var fingerprint = bytes?.Fingerprint();
            if (Differs(fingerprint))
            {
                _fingerprint = fingerprint;
                var certificate = bytes is null ? null : ServerCertificate.Load(_options.Files, bytes, out problem);
                if (certificate is null) TransportLog.CertificateKept(_logger, $"{NameOf(problem!.Part)} {problem.Reason}");
                else Use(certificate);
            }

            WarnOfExpiry();
        }
        finally
        {
            Volatile.Write(ref _checking, 0);
        }
    }

    private bool Differs(byte[]? fingerprint) => !fingerprint.AsSpan().SequenceEqual(_fingerprint);

    private string NameOf(CertificatePart part) => part switch
    {
        CertificatePart.Key => _options.Files.Key!,
        CertificatePart.Password => "The password",
        _ => _options.Files.Certificate,
    };

    [MemberNotNull(nameof(_certificate), nameof(_handshake))]
    private void Use(ServerCertificate certificate)
    {
        _certificate = certificate;
        _hasWarned = false;
        Volatile.Write(ref _handshake, new SslServerAuthenticationOptions
        {
            ServerCertificateContext = certificate.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = Protocols,
            AllowRenegotiation = false,
        });
        TransportLog.CertificateUsed(_logger, certificate.Subject, certificate.NotAfter);
        WarnOfExpiry();
    }

    private void WarnOfExpiry()
    {
        var sixth = (_certificate.NotAfter - _certificate.NotBefore) / 6;
        if (_hasWarned || _certificate.NotAfter - _time.GetUtcNow() >= (sixth < LongestNotice ? sixth : LongestNotice)) return;
        _hasWarned = true;
        TransportLog.CertificateExpires(_logger, _certificate.Subject, _certificate.NotAfter);
    }
}
