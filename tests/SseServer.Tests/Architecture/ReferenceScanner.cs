using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace SseServer.Tests.Architecture;

/// <summary>
/// Reads every reference of an assembly's types out of its metadata and IL: base types, interfaces, attributes,
/// signatures, locals, caught exceptions, and each token in a method body. What the compiler makes for a type
/// (closures, state machines) is nested in it and counts as its own.
/// </summary>
internal sealed class ReferenceScanner
{
    private readonly MetadataReader _metadata;
    private readonly PEReader _image;
    private readonly TypeNames _names;
    private readonly HashSet<Reference> _references = [];
    private string _from = "";

    private ReferenceScanner(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _names = new TypeNames(_metadata, AddType);
    }

    /// <summary>The references of the assembly in a file, each once, without those of a type to itself.</summary>
    public static IReadOnlySet<Reference> Scan(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        var scanner = new ReferenceScanner(image);
        foreach (var handle in scanner._metadata.TypeDefinitions)
            scanner.ScanType(handle);
        return scanner._references;
    }

    private void ScanType(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        _from = _names.Of(handle);
        AddToken(type.BaseType);
        AddAttributes(type.GetCustomAttributes());
        AddConstraints(type.GetGenericParameters());
        foreach (var implementation in type.GetInterfaceImplementations())
            AddToken(_metadata.GetInterfaceImplementation(implementation).Interface);
        foreach (var field in type.GetFields())
        {
            _metadata.GetFieldDefinition(field).DecodeSignature(_names, null);
            AddAttributes(_metadata.GetFieldDefinition(field).GetCustomAttributes());
        }
        foreach (var method in type.GetMethods())
            ScanMethod(_metadata.GetMethodDefinition(method));
    }

    private void ScanMethod(MethodDefinition method)
    {
        method.DecodeSignature(_names, null);
        AddAttributes(method.GetCustomAttributes());
        AddConstraints(method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0)
            return;

        var body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_names, null);
        foreach (var region in body.ExceptionRegions)
            AddToken(region.CatchType);
        foreach (var token in ILTokens.Read(body.GetILReader()))
            AddToken(MetadataTokens.EntityHandle(token));
    }

    private void AddConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters)
        {
            foreach (var constraint in _metadata.GetGenericParameter(parameter).GetConstraints())
                AddToken(_metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void AddAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
            AddToken(_metadata.GetCustomAttribute(attribute).Constructor);
    }

    private void AddToken(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference:
                AddType(_names.Of(handle));
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_names, null);
                break;
            case HandleKind.MethodSpecification:
                var generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                generic.DecodeSignature(_names, null);
                AddToken(generic.Method);
                break;
            case HandleKind.MemberReference:
                AddMember(_metadata.GetMemberReference((MemberReferenceHandle)handle));
                break;
            case HandleKind.MethodDefinition:
                var method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Add(_names.Of(method.GetDeclaringType()), _metadata.GetString(method.Name));
                break;
            case HandleKind.FieldDefinition:
                var field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Add(_names.Of(field.GetDeclaringType()), _metadata.GetString(field.Name));
                break;
            case HandleKind.StandaloneSignature:
                _metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(_names, null);
                break;
        }
    }

    private void AddMember(MemberReference member)
    {
        if (member.GetKind() == MemberReferenceKind.Method)
            member.DecodeMethodSignature(_names, null);
        else
            member.DecodeFieldSignature(_names, null);

        if (member.Parent.Kind == HandleKind.TypeSpecification)
            AddToken(member.Parent);
        else
            Add(_names.Of(member.Parent), _metadata.GetString(member.Name));
    }

    private void AddType(string to) => Add(to, "");

    private void Add(string to, string member)
    {
        if (to != _from)
            _references.Add(new Reference(_from, to, member));
    }
}
