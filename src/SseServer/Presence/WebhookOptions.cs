using SseServer.Catalog;

namespace SseServer.Presence;

/// <summary>Who is told of a topic's first and last reader. Immutable.</summary>
/// <param name="Name">What the log calls it; the URL may hold what is nobody's business.</param>
/// <param name="Url">Where it is told: http or https.</param>
/// <param name="Secret">What deliveries are signed with.</param>
/// <param name="Topics">The topics it is told of.</param>
internal sealed record WebhookOptions(string Name, Uri Url, WebhookSecret Secret, IReadOnlyList<Selector> Topics);
