namespace SseServer.Tests.Support;

/// <summary>How large the tests are that can take long: short with every run, long with <c>SSE_TEST_LONG=1</c> set.</summary>
internal static class Scale
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("SSE_TEST_LONG") == "1";

    public static int Streams { get; } = IsLong ? 5_000 : 500;

    /// <summary>Ends a test that would fail anyway.</summary>
    public static TimeSpan Patience { get; } = IsLong ? TimeSpan.FromMinutes(10) : TimeSpan.FromMinutes(1);

    /// <summary>For tests of random steps that take seconds each.</summary>
    public static IEnumerable<int> Seeds { get; } = Enumerable.Range(1, IsLong ? 20 : 2);

    public static int Rounds { get; } = IsLong ? 200 : 20;
}
