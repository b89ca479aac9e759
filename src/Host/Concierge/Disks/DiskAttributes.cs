using System.Globalization;
using System.Text;
using VmTools.Host.Vms;
using VmTools.Linux.Files;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// What is noted on an image besides its content, as extended attributes. A file system without them only loses the notes.
/// </summary>
internal static class DiskAttributes
{
    private const string UserChosenSize = "user.crostini.user_chosen_size";
    /// <summary>The value is a number of <c>vm_tools.apps.VmType</c>, which is not how the requests count VM types.</summary>
    private const string Type = "user.crostini.vm_type";

    public static void NoteUserChosenSize(string path) => ExtendedAttribute.TrySet(path, UserChosenSize, "1\0"u8);

    public static bool HasUserChosenSize(string path) => ExtendedAttribute.TryGet(path, UserChosenSize) is [(byte)'1', ..];

    public static void NoteType(string path, VmType type) =>
        ExtendedAttribute.TrySet(path, Type, Encoding.ASCII.GetBytes(type.AppsNumber().ToString(CultureInfo.InvariantCulture)));

    public static VmType? TypeOf(string path)
    {
        var text = ExtendedAttribute.TryGet(path, Type) is { } value ? Encoding.ASCII.GetString(value).TrimEnd('\0') : null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? VmTypes.OfAppsNumber(number) : null;
    }
}
