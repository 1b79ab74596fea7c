using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>A disk that fails for a while: commits are refused with the reason, and work again once the disk does.</summary>
[Platform("Linux")]
internal sealed class DiskFailureTests : IDisposable
{
    private readonly StoreDirectory _directory = new();
    private readonly StoreDirectory _other = new();

    public void Dispose()
    {
        _directory.Dispose();
        _other.Dispose();
    }

    // Linux error numbers: 5 is EIO, 28 is ENOSPC.
    [TestCase("sync 5", "Unavailable")]
    [TestCase("write 5", "Unavailable")]
    [TestCase("write 28", "Full")]
    public async Task Commits_are_refused_while_the_disk_fails_and_work_again_after(string fault, string refusal)
    {
        var faultFile = Path.Combine(_other.Name, "fault");
        using var writer = new WriterProcess([_directory.File, WriterProcess.Endless],
            start => FaultyDisk.PutUnder(start, _directory.Name, Path.Combine(_other.Name, "log"), faultFile));
        await writer.AcknowledgesAsync(10);

        File.WriteAllText(faultFile, fault);
        await writer.SaysAsync(refusal);
        var before = writer.Acknowledged;
        File.Delete(faultFile);
        await writer.AcknowledgesAsync(before + 50);
        await writer.KillAsync();

        Assert.That(StoredCommits.Problem(_directory.File, writer.Acknowledged), Is.Null);
    }

    [Test]
    public async Task Full_disk_refuses_commits_until_there_is_room()
    {
        // The writer gets its own file system in its own mount namespace, so that nothing is left behind however the test ends.
        var script = $"mount -t tmpfs -o size=16m none {_directory.Name} "
            + $"&& head -c 10m /dev/zero > {_directory.Name}/ballast && exec \"$@\"";
        using (var probe = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "unshare", ["-m", "sh", "-c", $"mount -t tmpfs none {_directory.Name}"])
        { RedirectStandardError = true })!)
        {
            await probe.WaitForExitAsync();
            if (probe.ExitCode != 0) Assert.Ignore("Needs the right to mount a file system.");
        }

        using var writer = new WriterProcess([_directory.File, "600"], start =>
        {
            string[] program = [start.FileName, .. start.ArgumentList];
            start.FileName = "unshare";
            start.ArgumentList.Clear();
            foreach (var argument in (string[])["-m", "sh", "-c", script, "sh", .. program]) start.ArgumentList.Add(argument);
        });
        await writer.SaysAsync("Full");
        Assert.That(writer.Acknowledged, Is.InRange(1, 599));

        File.Delete($"/proc/{writer.Id}/root{_directory.Name}/ballast");

        await writer.SaysAsync("whole");
        Assert.That(await writer.ExitsAsync(), Is.Zero, "It finds all of its commits.");
    }
}
