using VmTools.Host.Instance;
using VmTools.Protocol;

namespace VmTools.Host.Vms;

/// <summary>What identifies a VM everywhere: whose it is and what it is called.</summary>
internal sealed record VmId(OwnerId Owner, VmName Name)
{
    /// <summary>Checks the two texts of a request; the sentence of the exception says which one is wrong and what is allowed.</summary>
    public static VmId Parse(string owner, string name) => new(ParseOwner(owner), ParseName(name));

    public static OwnerId ParseOwner(string text) =>
        OwnerId.TryParse(text, out var owner)
            ? owner
            : throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"The owner id is not valid: it must be 1 to {OwnerId.MaxLength} hexadecimal digits.");

    public static VmName ParseName(string text) =>
        VmName.TryParse(text, out var name)
            ? name
            : throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"The VM name is not valid: it must be 1 to {VmName.MaxBytes} bytes of text on one line, without control characters.");

    public override string ToString() => Name.Value;
}
