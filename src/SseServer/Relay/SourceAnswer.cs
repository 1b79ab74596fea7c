namespace SseServer.Relay;

/// <summary>What a source answered: a stream, the wish to be left alone, or something else. Disposing it closes its connection.</summary>
internal sealed class SourceAnswer(HttpResponseMessage response, string? problem) : IDisposable
{
    /// <summary>The stream has ended for good (204).</summary>
    public bool IsEnd => response.StatusCode == System.Net.HttpStatusCode.NoContent;

    /// <summary>Why there is no stream; goes on from the source's name. Null where there is one.</summary>
    public string? Problem => problem;

    public Task<Stream> OpenAsync(CancellationToken cancellation) => response.Content.ReadAsStreamAsync(cancellation);

    public void Dispose() => response.Dispose();
}
