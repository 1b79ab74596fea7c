using SseServer.Catalog;

namespace SseServer.Presence;

/// <summary>A webhook that is told of the first and last subscriber of topics. Immutable.</summary>
/// <param name="Name">Its name in the log; the URL may contain a secret.</param>
/// <param name="Url">The http or https URL that receives deliveries.</param>
/// <param name="Secret">The secret that signs deliveries.</param>
/// <param name="Topics">The topics that it is told about.</param>
internal sealed record WebhookOptions(string Name, Uri Url, WebhookSecret Secret, IReadOnlyList<Selector> Topics);
