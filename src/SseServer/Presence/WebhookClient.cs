using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace SseServer.Presence;

/// <summary>Makes single attempts to deliver: a signed POST, of whose response only the status is used. Safe on any thread.</summary>
internal sealed class WebhookClient : IDisposable
{
    // A receiver should respond first and then do its work.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        Proxy = new NoProxyForLoopback(),
        // A redirect could lead from https to http, or into a private network.
        AllowAutoRedirect = false,
        UseCookies = false,
        // So that DNS names are resolved again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

    public WebhookClient(TimeProvider time) => _time = time;

    /// <summary>Makes one attempt. Whatever the receiver or the network does is a result, not an exception.</summary>
    public async Task<WebhookAttempt> PostAsync(WebhookOptions webhook, WebhookMessage message, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var request = Compose(webhook, message);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var outcome = WebhookRetry.OutcomeOf((int)response.StatusCode);
            if (outcome == WebhookOutcome.Delivered) return new(outcome);
            var problem = string.Create(CultureInfo.InvariantCulture, $"answers {(int)response.StatusCode}");
            return new(outcome, problem, RetryAfter(response.Headers.RetryAfter));
        }
        catch (HttpRequestException exception)
        {
            return new(WebhookOutcome.Retry, "could not be reached: " + exception.HttpRequestError);
        }
        catch (OperationCanceledException)
        {
            return new(WebhookOutcome.Retry, "did not answer in time");
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Compose(WebhookOptions webhook, WebhookMessage message)
    {
        var seconds = _time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(message.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        // Standard Webhooks, "Webhook headers".
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", webhook.Secret.Sign(message.Id, seconds, message.Body));
        request.Headers.Add("User-Agent", "sse-server");
        return request;
    }

    // The environment's proxy cannot reach this machine's loopback, only its own, and would see private deliveries.
    private sealed class NoProxyForLoopback : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => HttpClient.DefaultProxy.Credentials;
            set => HttpClient.DefaultProxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : HttpClient.DefaultProxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || HttpClient.DefaultProxy.IsBypassed(host);
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? value) => value?.Delta ?? value?.Date - _time.GetUtcNow();
}
