using System.Reflection;

namespace SseServer.Endpoints;

/// <summary>The version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>Without the build's commit, as in <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0")
        .Split('+')[0];
}
