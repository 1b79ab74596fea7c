using System.Net.Security;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;

namespace SseServer.Transport.Tls;

/// <summary>
/// What handshakes use at present. The files are read again every few seconds, which notices every kind of replacement, links
/// included; where their content has changed, handshakes from then on get the other certificate. Content that cannot be used
/// leaves the present one in place. Streams that are open keep what they have.
/// </summary>
internal sealed class CertificateWatcher : IDisposable
{
    // A renewed certificate has days to come into use; whoever waits for it at a terminal has seconds.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // ACME clients renew with a third of the lifetime left; with a sixth left something is wrong. Long-lived certificates get two weeks.
    private static readonly TimeSpan LongestNotice = TimeSpan.FromDays(14);

    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http11];

    private readonly TlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private ServerCertificate _certificate;
    private SslServerAuthenticationOptions _handshake;
    private byte[]? _seen;
    private bool _saidExpiry;
    private int _looking;

    public CertificateWatcher(TlsOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _seen = options.Files.Read(out _)?.Fingerprint();
        Use(options.Certificate);
        _timer = time.CreateTimer(static watcher => ((CertificateWatcher)watcher!).Look(), this, Interval, Interval);
    }

    /// <summary>The options of a handshake that begins here and now.</summary>
    public SslServerAuthenticationOptions Handshake => Volatile.Read(ref _handshake);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        // A look that takes longer than its interval is not overtaken by the next.
        if (Interlocked.Exchange(ref _looking, 1) != 0) return;
        try
        {
            var bytes = _options.Files.Read(out var problem);
            var fingerprint = bytes?.Fingerprint();
            if (Differs(fingerprint))
            {
                _seen = fingerprint;
                var certificate = bytes is null ? null : ServerCertificate.Load(_options.Files, bytes, out problem);
                if (certificate is null) TransportLog.CertificateKept(_logger, $"{NameOf(problem!.Part)} {problem.Reason}");
                else Use(certificate);
            }

            WarnOfExpiry();
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }

    private bool Differs(byte[]? fingerprint) => !fingerprint.AsSpan().SequenceEqual(_seen);

    private string NameOf(CertificatePart part) => part switch
    {
        CertificatePart.Key => _options.Files.Key!,
        CertificatePart.Password => "The password",
        _ => _options.Files.Certificate,
    };

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_certificate), nameof(_handshake))]
    private void Use(ServerCertificate certificate)
    {
        _certificate = certificate;
        _saidExpiry = false;
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
        if (_saidExpiry || _certificate.NotAfter - _time.GetUtcNow() >= (sixth < LongestNotice ? sixth : LongestNotice)) return;
        _saidExpiry = true;
        TransportLog.CertificateExpires(_logger, _certificate.Subject, _certificate.NotAfter);
    }
}
