namespace SseServer.Tests.Acceptance;

/// <summary>How large the acceptance tests are: short with every run, long with <c>SSE_TEST_LONG=1</c> in the environment.</summary>
internal static class Scale
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("SSE_TEST_LONG") == "1";

    public static int Streams { get; } = IsLong ? 5_000 : 500;

    /// <summary>Ends a test that would fail anyway.</summary>
    public static TimeSpan Patience { get; } = IsLong ? TimeSpan.FromMinutes(10) : TimeSpan.FromMinutes(1);

    public static int Rounds { get; } = IsLong ? 200 : 20;
}
