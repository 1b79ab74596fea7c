using FsCheck;
using FsCheck.Fluent;

namespace SseServer.Protocol.Tests.Properties;

/// <summary>A valid request head: what it means, and one way to write it.</summary>
internal sealed record HeadModel(string EmptyLines, string Method, string Path, string? Query, string Version, HeadModel.Field[] Fields)
{
    public static Gen<HeadModel> Any =>
        from emptyLines in Gen.Elements("", "", "\r\n", "\r\n\r\n")
        from method in Gen.OneOf(Gen.Elements("GET", "POST", "HEAD", "OPTIONS"),
            Pieces.Token.Where(token => token != "CONNECT" && token.Length <= 32))
        from path in Gen.Elements("/", "a", "..", ".", "%41", "%e9", "%2F", ";", "~", "@", "*", "|").ArrayOf()
        from query in Gen.Elements(null, "", "a=b", "a?b&c", "%zz\\", "=&=")
        from version in Gen.Elements("1.1", "1.0", "1.9")
        from fields in Field.Any.ArrayOf()
        select new HeadModel(emptyLines, method, "/" + string.Concat(path), query, version, [new Field("Host", " ", "a", ""), .. fields]);

    public string Target => Query is null ? Path : $"{Path}?{Query}";

    public override string ToString() =>
        $"{EmptyLines}{Method} {Target} HTTP/{Version}\r\n{string.Concat(Fields.Select(field => field + "\r\n"))}\r\n";

    /// <summary>A field line with a name that means nothing to the parser.</summary>
    internal sealed record Field(string Name, string Before, string Value, string After)
    {
        public static Gen<Field> Any =>
            from name in Pieces.Token
            from before in Pieces.White
            from value in Pieces.FieldValue
            from after in Pieces.White
            select new Field("X" + name, before, value, after);

        public override string ToString() => $"{Name}:{Before}{Value}{After}";
    }
}
