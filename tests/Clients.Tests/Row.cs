namespace SseServer.Clients.Tests;

/// <summary>What a client did, in the words of the table.</summary>
internal sealed class Row(ClientProgram program)
{
    public const string Back = "returns";
    public const string Gone = "is gone";

    public ClientProgram Program { get; } = program;

    public string Receives { get; set; } = "";

    public string Token { get; set; } = "";

    public string Shed { get; set; } = "";

    public string Drain { get; set; } = "";

    public string Refusal { get; set; } = "";

    public string Final { get; set; } = "";

    public override string ToString() => $"| {Program.Name} | {Receives} | {Drain} | {Shed} | {Refusal} | {Token} | {Final} |";
}
