using SseServer.Hosting;

namespace SseServer.Tests.Hosting;

/// <summary>The Serilog section is checked like other settings: what it cannot do is told at the start, and not passed over.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class LogSettingsTests
{
    [TestCase("MinimumLevl=Debug", "Serilog:MinimumLevl is not a setting of the log; did you mean Serilog:MinimumLevel?")]
    [TestCase("Filter:0:Name=ByExcluding", "Serilog:Filter is not a setting of the log")]
    [TestCase("MinimumLevel:Defalt=Debug", "did you mean Serilog:MinimumLevel:Default?")]
    [TestCase("MinimumLevel:Default=Loud", "Serilog:MinimumLevel:Default: 'Loud' is not a level; allowed is one of Verbose, Debug, "
        + "Information, Warning, Error, Fatal.")]
    [TestCase("MinimumLevel:Override:SseServer=Loud", "Serilog:MinimumLevel:Override:SseServer: 'Loud' is not a level")]
    [TestCase("WriteTo=File", "Serilog:WriteTo: 'File' is no sink of this program; allowed is one of Console, Async, None.")]
    [TestCase("WriteTo:0=Consle", "Serilog:WriteTo:0: 'Consle' is no sink of this program")]
    [TestCase("WriteTo:0:Name=Seq", "Serilog:WriteTo:0: 'Seq' is no sink of this program")]
    [TestCase("WriteTo:0:Nam=Console", "Serilog:WriteTo:0:Nam is not a setting of the log; did you mean Serilog:WriteTo:0:Name?")]
    [TestCase("WriteTo:0:Args:outputTemplate=x", "Serilog:WriteTo:0 names no sink")]
    [TestCase("WriteTo:0:Name=Console WriteTo:0:Args:outputTemplat=x", "did you mean Serilog:WriteTo:0:Args:outputTemplate?")]
    [TestCase("WriteTo:0:Name=Console WriteTo:0:Args:restrictedToMinimumLevel=Loud", "'Loud' is not a level")]
    [TestCase("WriteTo:0:Name=Async WriteTo:0:Args:configure:0:Name=File",
        "Serilog:WriteTo:0:Args:configure:0: 'File' is no sink of this program")]
    [TestCase("Enrich:0=WithMachineName", "Serilog:Enrich:0: 'WithMachineName' is no enricher of this program")]
    [TestCase("Using:0=Serilog.Sinks.Seq", "Serilog:Using:0: 'Serilog.Sinks.Seq' is not part of this program")]
    [TestCase("WriteTo:0:Name=Console WriteTo:0:Args:theme=Nothing::Nowhere,Nobody", "The Serilog section cannot be used")]
    public async Task What_would_have_no_effect_is_refused(string settings, string sentence)
    {
        var (code, error) = await RunAsync(settings);
        Assert.That(code, Is.EqualTo(ExitCode.Usage), error);
        Assert.That(error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1));
        Assert.That(error, Does.StartWith("The Serilog section cannot be used: ").And.Contain(sentence));
    }

    [TestCase("MinimumLevel=debug")]
    [TestCase("MinimumLevel:Default=Warning MinimumLevel:Override:SseServer.Transport=Verbose")]
    [TestCase("WriteTo=None")]
    [TestCase("WriteTo:0=None")]
    [TestCase("WriteTo:0:Name=None")]
    [TestCase("WriteTo:0:Name=Console WriteTo:0:Args:outputTemplate={Message} WriteTo:0:Args:standardErrorFromLevel=Verbose "
        + "Using:0=Serilog.Sinks.Console")]
    [TestCase("WriteTo:Main:Name=Async WriteTo:Main:Args:bufferSize=10 WriteTo:Main:Args:configure:0:Name=Console "
        + "Enrich:0=FromLogContext Properties:Node=a")]
    public async Task What_the_program_has_is_taken(string settings)
    {
        var (code, error) = await RunAsync(settings + " MinimumLevel:Default=Fatal");
        Assert.That((code, error), Is.EqualTo((ExitCode.Success, "")));
    }

    // It starts, if it does, and stops at once.
    private static async Task<(int Code, string Error)> RunAsync(string settings)
    {
        var error = new StringWriter();
        string[] args = [.. settings.Split(' ').Select(setting => "--Serilog:" + setting)];
        var code = await ServerProgram.RunAsync(args, [], new StringWriter(), error, _ => { }, new CancellationToken(canceled: true));
        return (code, error.ToString());
    }
}
