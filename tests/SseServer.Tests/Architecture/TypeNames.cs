using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace SseServer.Tests.Architecture;

/// <summary>
/// Names types as <c>Namespace.Outermost</c>, and reports every type met while a signature is decoded. The value a
/// signature decodes to is of no interest.
/// </summary>
internal sealed class TypeNames(MetadataReader metadata, Action<string> found) : ISignatureTypeProvider<bool, object?>
{
    /// <summary>The name of the outermost type around a definition or reference.</summary>
    public string Of(EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                var definition = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                return definition.GetDeclaringType() is { IsNil: false } outer
                    ? Of(outer)
                    : Join(metadata.GetString(definition.Namespace), metadata.GetString(definition.Name));
            case HandleKind.TypeReference:
                var reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference
                    ? Of(reference.ResolutionScope)
                    : Join(metadata.GetString(reference.Namespace), metadata.GetString(reference.Name));
            default:
                return handle.Kind == HandleKind.MethodDefinition
                    ? Of(metadata.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType())
                    : "";
        }
    }

    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Found(handle);

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Found(handle);

    public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
        => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public bool GetArrayType(bool elementType, ArrayShape shape) => true;

    public bool GetByReferenceType(bool elementType) => true;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => true;

    public bool GetGenericMethodParameter(object? genericContext, int index) => true;

    public bool GetGenericTypeParameter(object? genericContext, int index) => true;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => true;

    public bool GetPinnedType(bool elementType) => true;

    public bool GetPointerType(bool elementType) => true;

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;

    public bool GetSZArrayType(bool elementType) => true;

    private static string Join(string @namespace, string name) => @namespace.Length == 0 ? name : $"{@namespace}.{name}";

    private bool Found(EntityHandle handle)
    {
        found(Of(handle));
        return true;
    }
}
