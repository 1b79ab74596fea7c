using System.Text;
using SseServer.Bench.AspNetCore;

// What an ASP.NET Core service with server-sent events looks like when it follows the documentation:
// minimal API, TypedResults.ServerSentEvents over an async stream, and a channel for each subscriber.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddSingleton<Broadcaster>();
var app = builder.Build();

app.MapGet("/events", (Broadcaster broadcaster, CancellationToken cancellation)
    => TypedResults.ServerSentEvents(broadcaster.Subscribe(cancellation)));

app.MapPost("/events", async (HttpRequest request, Broadcaster broadcaster) =>
{
    using var reader = new StreamReader(request.Body, Encoding.UTF8);
    broadcaster.Publish(await reader.ReadToEndAsync());
    return TypedResults.NoContent();
});

// The floor of publishing: the same framework and the same body, and nothing done with it.
app.MapPost("/discard", async (HttpRequest request) =>
{
    using var reader = new StreamReader(request.Body, Encoding.UTF8);
    await reader.ReadToEndAsync();
    return TypedResults.NoContent();
});

app.Run();
