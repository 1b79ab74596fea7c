using FsCheck;
using FsCheck.Fluent;

namespace SseServer.Protocol.Tests.Properties;

/// <summary>Checks what must hold for any value, over values made from a fixed seed, and shows the one that breaks it.</summary>
internal static class Law
{
    private const ulong Seed = 2_026_0101;
    private const ulong Gamma = 9_112_9111; // Odd, as the generator wants it.
    private const int Rounds = 500;

    public static void Holds<T>(Gen<T> values, Func<T, bool> law) =>
        Prop.ForAll(values.ToArbitrary(), law).Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds).WithReplay(Seed, Gamma));

    /// <summary>The values together with places at which to cut what is made of them.</summary>
    public static void HoldsWhereverCut<T>(Gen<T> values, Func<T, int[], bool> law) =>
        Holds(values.Zip(Gen.Choose(0, 10_000).ArrayOf()), pair => law(pair.Item1, pair.Item2));
}
