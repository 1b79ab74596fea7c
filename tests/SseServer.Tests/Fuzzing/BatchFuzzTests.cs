using System.Text.Json;
using SseServer.Auth;
using SseServer.Endpoints;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// Lines of NDJSON batches: each is accepted, or refused with a sentence, and an accepted one is what a JSON reader sees.
/// </summary>
public sealed class BatchFuzzTests
{
    private static readonly string[] Known = ["topic", "event", "id", "retry", "key", "final", "data"];

    [Test]
    public void Line_is_taken_only_as_one_object_of_known_fields_with_data_or_as_an_end([Range(1, 8)] int seed)
    {
        var context = PublishContext.Take();
        context.Authorization = new AuthorizationResult(Identity.Anonymous, null) { Topics = TopicPatterns.Everything };
        Fuzz.Check(seed, samples => samples.BatchLine(), text =>
        {
            context.Batch.Clear();
            var line = Fuzz.Bytes(text.Replace("\n", "", StringComparison.Ordinal));
            var problem = BatchLine.TryAdd(line, TopicName.Default, EndpointOptions.Default, context);
            Assert.That(context.Batch.Count, Is.EqualTo(problem is null ? 1 : 0), () => Fuzz.Show(text));
            if (problem is not null)
            {
                Assert.That((problem.Status, problem.Detail),
                    Is.EqualTo((problem.Status == 413 ? 413 : 400, problem.Detail.TrimEnd('.') + ".")));
                return false;
            }

            using var json = JsonDocument.Parse(line);
            var names = json.RootElement.EnumerateObject().Select(property => property.Name).ToArray();
            Assert.That(names, Is.Unique.And.SubsetOf(Known), () => Fuzz.Show(text));
            var isEnd = names.Contains("final") && json.RootElement.GetProperty("final").GetBoolean()
                && !names.Except(["final", "topic"]).Any();
            Assert.That(names.Contains("data") || isEnd, () => Fuzz.Show(text));
            return true;
        });
        context.Return();
    }
}
