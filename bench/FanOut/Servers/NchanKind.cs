using System.Diagnostics;
using System.Globalization;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>nginx with the nchan module, one worker: bench/peers/nchan.</summary>
internal sealed class NchanKind : ServerKind
{
    private static readonly string[] ModuleFolders = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"];

    private string? _nginx;
    private string? _module;

    public override string Key => "nchan";

    public override string Title => "nginx + nchan";

    public override bool HasTopics => true;

    public override bool HasReplay => true;

    public override string? Prepare()
    {
        _nginx = Repository.Program("nginx");
        _module = ModuleFolders.Select(folder => Path.Combine(folder, "ngx_nchan_module.so")).FirstOrDefault(File.Exists);
        return _nginx is null ? "nginx is not installed" : _module is null ? "nginx's nchan module is not installed" : null;
    }

    public override ProcessStartInfo Command(int port, string scratch)
    {
        var configuration = File.ReadAllText(Repository.File("bench/peers/nchan/nginx.conf"))
            .Replace("@PORT@", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("@DIR@", scratch, StringComparison.Ordinal)
            .Replace("@MODULE@", _module, StringComparison.Ordinal);
        var path = Path.Combine(scratch, "nginx.conf");
        File.WriteAllText(path, configuration);
        return new(_nginx!, ["-c", path, "-p", scratch, "-e", "stderr"]);
    }

    public override string SubscribePath(string topic) => $"/sub/{topic}";

    public override string PublishPath(string topic) => $"/pub/{topic}";
}
