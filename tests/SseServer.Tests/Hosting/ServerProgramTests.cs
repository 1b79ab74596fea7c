using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SseServer.Hosting;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting;

internal sealed class ServerProgramTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Test]
    public async Task Help_lists_every_option_and_every_setting_with_its_default()
    {
        Assert.That(await RunAsync(["--help"], _ => { }), Is.Zero);

        var help = _output.ToString();
        Assert.That(help, Does.Contain("--listen HOST:PORT").And.Contain("--demo").And.Contain("--config FILE"));
        Assert.That(help, Does.Contain("--check URL").And.Contain("--version").And.Contain("--help, -h"));
        Assert.That(help, Does.Contain("Server:Listen (list, default 127.0.0.1:8080)"));
        Assert.That(help, Does.Contain("Drain:Seconds (number, 0 to 300, default 1)"));
        Assert.That(help.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(110));
        Assert.That(help, Does.Contain("history export").And.Contain("Streams: event streams and reconnection"));
        Assert.That(ServerSettings.Declarations().Where(setting => !help.Contains($"  {setting.Key} (", StringComparison.Ordinal)),
            Is.Empty);
    }

    [Test]
    public async Task Help_of_a_command_is_its_options()
    {
        Assert.That(await ServerProgram.RunAsync(["history", "export", "--help"], [], _output, _error, _ => { }), Is.Zero);

        Assert.That(_output.ToString(), Does.StartWith("Usage: sse-server history export [OPTION...]"));
        Assert.That(_output.ToString(),
            Does.Contain("--since TIME").And.Contain("--topic TOPIC").And.Contain("--help").And.Not.Contain("--demo"));
    }

    [Test]
    public async Task Wrong_settings_start_nothing_and_are_all_reported()
    {
        var started = false;

        var code = await RunAsync(["--Drain:Seconds=soon", "--Demo:Enable=true"], _ => started = true);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(started, Is.False);
        Assert.That(Lines(_error), Is.EqualTo(new[]
        {
            "Drain:Seconds: 'soon' is not a whole number; it must be between 0 and 300.",
            "Demo:Enable is not a setting; did you mean Demo:Enabled?",
        }));
    }

    [Test]
    public async Task Wrong_log_level_is_one_sentence()
    {
        Assert.That(await RunAsync(["--Logging:Level=Loud"], _ => { }), Is.EqualTo(2));
        Assert.That(Lines(_error), Has.Length.EqualTo(1));
        Assert.That(_error.ToString(), Does.StartWith("Logging:Level: 'Loud' is not valid; it must be one of Verbose, "));
    }

    [Test]
    public async Task Server_gets_its_settings_and_stops_in_order()
    {
        using var stop = new CancellationTokenSource();
        var service = new Service(onStart: stop.Cancel);

        var code = await RunAsync(["--listen", "127.0.0.1:0"], services => services.AddSingleton<IHostedService>(provider =>
        {
            service.Settings = provider.GetRequiredService<ServerSettings>();
            return service;
        }), stop.Token);

        Assert.That(code, Is.Zero);
        Assert.That(service.Settings!.Listen.Single().Port, Is.Zero);
        Assert.That(_error.ToString(), Is.Empty);
    }

    [Test]
    public async Task Running_server_that_is_asked_to_stop_stops_its_services()
    {
        using var stop = new CancellationTokenSource();
        var service = new Service();

        var code = await RunAsync([], services =>
        {
            services.AddSingleton<IHostedService>(service);
            services.AddHostedService(provider => new StopWhenStarted(provider.GetRequiredService<IHostApplicationLifetime>()));
        }, stop.Token);

        Assert.That(code, Is.Zero);
        Assert.That(service.Stopped, Is.True);
    }

    [Test]
    public async Task Failure_its_operator_can_mend_is_its_sentence_alone()
    {
        var code = await RunAsync([], services => services.AddSingleton<IHostedService>(
            new Service(onStart: () => throw new StartupException("127.0.0.1:80 is taken."))));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(Lines(_error), Is.EqualTo(new[] { "127.0.0.1:80 is taken." }));
    }

    [Test]
    public async Task Fault_while_starting_is_one_sentence_and_a_failure()
    {
        var code = await RunAsync([], services => services.AddSingleton<IHostedService>(
            new Service(onStart: () => throw new InvalidOperationException("Out of order."))));

        Assert.That(code, Is.EqualTo(1));
        Assert.That(Lines(_error), Is.EqualTo(new[] { "The server failed: Out of order; the log has the details." }));
    }

    [Test]
    public async Task Fault_of_a_background_service_is_a_failure()
    {
        var code = await RunAsync([], services => services.AddHostedService<FaultyService>());

        Assert.That(code, Is.EqualTo(1));
        Assert.That(Lines(_error), Is.EqualTo(new[] { "The server failed: Lost the thread; the log has the details." }));
    }

    private Task<int> RunAsync(string[] args, Action<IServiceCollection> addServer, CancellationToken cancellation = default)
        => ServerProgram.RunAsync(["--Logging:Level=None", .. args], [], _output, _error, addServer, cancellation);

    private static string[] Lines(StringWriter writer)
        => writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private sealed class Service(Action? onStart = null) : IHostedService
    {
        public ServerSettings? Settings { get; set; }

        public bool Stopped { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            onStart?.Invoke();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Stopped = true;
            return Task.CompletedTask;
        }
    }

    private sealed class StopWhenStarted(IHostApplicationLifetime lifetime) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken)
        {
            lifetime.ApplicationStarted.Register(lifetime.StopApplication);
            return Task.CompletedTask;
        }

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class FaultyService : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            throw new InvalidOperationException("Lost the thread.");
        }
    }
}
