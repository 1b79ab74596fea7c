using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace SseServer.Tests.Architecture;

/// <summary>Walks a method body and gives the metadata tokens of its instructions (ECMA-335, partition III).</summary>
internal static class ILTokens
{
    private static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value & 0xFFFF, code => code.OperandType);

    public static List<int> Read(BlobReader il)
    {
        const int twoByteCode = 0xFE;
        var tokens = new List<int>();
        while (il.RemainingBytes > 0)
        {
            int code = il.ReadByte();
            if (code == twoByteCode)
                code = (twoByteCode << 8) | il.ReadByte();
            switch (Operands[code])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineSig
                    or OperandType.InlineTok or OperandType.InlineType:
                    tokens.Add(il.ReadInt32());
                    break;
                case OperandType.InlineSwitch:
                    var targets = il.ReadInt32();
                    il.Offset += targets * sizeof(int);
                    break;
                case var operand:
                    il.Offset += Size(operand);
                    break;
            }
        }
        return tokens;
    }

    private static int Size(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };
}
