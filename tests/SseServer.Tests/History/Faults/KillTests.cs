using SseServer.Tests.History.Support;

using SseServer.Tests.Support;

namespace SseServer.Tests.History.Faults;

internal sealed class KillTests
{
    [Test]
    public async Task Killed_writer_leaves_each_acknowledged_commit_whole()
    {
        var random = new Random(9);
        for (var round = 0; round < (Scale.IsLong ? 50 : 2); round++)
        {
            using var directory = new StoreDirectory();
            using var writer = new WriterProcess([directory.File, WriterProcess.Endless]);
            await writer.AcknowledgesAsync(random.Next(1, 200));
            await writer.KillAsync();

            Assert.That(StoredCommits.Problem(directory.File, writer.Acknowledged), Is.Null);
        }
    }
}
