using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SseServer.Hosting.Commands;

/// <summary>
/// <c>--check URL</c>: checks a running server with one GET, so that a container image without a shell can have a health check. Only the
/// status matters. Redirects are not followed, and no proxy is used.
/// </summary>
internal static class HealthCheck
{
    /// <summary>Shorter than the 3 seconds after which the health check of the container image gives up.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Reads an absolute http or https URL.</summary>
    public static bool TryParseUrl(string text, [NotNullWhen(true)] out Uri? url)
        => Uri.TryCreate(text, UriKind.Absolute, out url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url.Host.Length > 0;

    /// <summary>Prints one line and returns the exit code: success if the status is 200.</summary>
    /// <param name="url">An http or https URL; without a path, <c>/healthz</c> is requested.</param>
    /// <param name="output">Receives the line if the status is 200.</param>
    /// <param name="error">Receives the line otherwise.</param>
    /// <param name="cancellation">Stops the check before <see cref="Timeout"/>.</param>
    public static async Task<int> RunAsync(Uri url, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Timeout);
        string problem;
        try
        {
            var status = await GetStatusAsync(url, deadline.Token);
            if (status == 200)
            {
                await output.WriteLineAsync($"{url} answers 200.");
                return ExitCode.Success;
            }

            problem = status is >= 100 and <= 599 ? $"answers {status.ToString(CultureInfo.InvariantCulture)}" : "does not answer in HTTP";
        }
        catch (OperationCanceledException)
        {
            problem = string.Create(CultureInfo.InvariantCulture, $"does not answer within {Timeout.TotalSeconds} s");
        }
        catch (HttpRequestException exception)
        {
            var cause = exception.GetBaseException().Message.TrimEnd('.');
            problem = exception.HttpRequestError switch
            {
                HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError => $"cannot be reached: {cause}",
                HttpRequestError.SecureConnectionError => $"cannot be trusted: {cause}",
                _ => "does not answer in HTTP",
            };
        }

        await error.WriteLineAsync($"{url} {problem}.");
        return ExitCode.Failure;
    }

    private static async Task<int> GetStatusAsync(Uri url, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        // The certificate of a server names the host that clients use, not the loopback address by which its own machine reaches it.
        if (url.IsLoopback)
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        using var client = new HttpClient(handler);
        client.DefaultRequestHeaders.ConnectionClose = true;
        client.DefaultRequestHeaders.UserAgent.ParseAdd("sse-server");
        var target = url.PathAndQuery == "/" ? new Uri(url, "/healthz") : url;
        using var response = await client.GetAsync(target, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return (int)response.StatusCode;
    }
}
