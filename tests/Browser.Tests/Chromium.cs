using System.Diagnostics;
using Microsoft.Playwright;

namespace SseServer.Browser.Tests;

/// <summary>The one browser of all tests: a Chromium that is installed on the machine, or that <c>SSE_TEST_CHROMIUM</c> names.</summary>
[SetUpFixture]
public sealed class Chromium
{
    private static readonly string[] Places =
    [
        Environment.GetEnvironmentVariable("SSE_TEST_CHROMIUM") ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];

    private static readonly string? Executable = Array.Find(Places, File.Exists);

    private static readonly BrowserTypeLaunchOptions Launch = new()
    {
        ExecutablePath = Executable,
        // The sandbox needs privileges that containers withhold; the pages are ours.
        // Names below .test are this machine's, as an origin that is neither https nor loopback.
        Args = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.test 127.0.0.1"],
    };

    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static IPlaywright? _playwright;
    private static IBrowser? _browser;

    /// <summary>A page in a profile of its own; the test is ignored if there is no Chromium.</summary>
    internal static async Task<BrowserTab> OpenTabAsync(BrowserNewPageOptions? options = null)
        => new(await (await StartAsync()).NewPageAsync(options));

    /// <summary>A profile of its own for several tabs, which its owner closes; the test is ignored if there is no Chromium.</summary>
    internal static async Task<IBrowserContext> OpenProfileAsync() => await (await StartAsync()).NewContextAsync();

    /// <summary>
    /// A browser of its own, which its owner closes, without one of Playwright's default arguments; the test is ignored if there is no
    /// Chromium.
    /// </summary>
    internal static async Task<IBrowser> LaunchAsync(string unwanted)
    {
        await StartAsync();
        return await _playwright!.Chromium.LaunchAsync(new(Launch) { IgnoreDefaultArgs = [unwanted] });
    }

    private static async Task<IBrowser> StartAsync()
    {
        if (Executable is null)
        {
            Assert.Ignore("Chromium is not installed on this machine; SSE_TEST_CHROMIUM may name one.");
            throw new UnreachableException();
        }

        await Gate.WaitAsync();
        try
        {
            _playwright ??= await Playwright.CreateAsync();
            _browser ??= await _playwright.Chromium.LaunchAsync(Launch);
        }
        finally
        {
            Gate.Release();
        }

        return _browser;
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
    }
}
