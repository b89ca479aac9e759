using System.Globalization;
using System.Text;
using VmTools.Host.Vms;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// What is noted on an image besides its content, as extended attributes. A file system without them only loses the notes.
/// </summary>
internal static class DiskAttributes
{
    private const string UserChosenSize = "user.crostini.user_chosen_size";
    private const string Type = "user.crostini.vm_type";

    /// <summary>The attribute counts VM types as <c>vm_tools.apps.VmType</c> does, which is not how the requests count them.</summary>
    private static readonly Dictionary<VmType, int> AppsNumbers = new()
    {
        [VmType.Termina] = 0,
        [VmType.PluginVm] = 1,
        [VmType.Borealis] = 2,
        [VmType.Bruschetta] = 3,
        [VmType.Unknown] = 4,
        [VmType.ArcVm] = 5,
        [VmType.Baguette] = 6,
    };

    public static void NoteUserChosenSize(string path) => ExtendedAttribute.TrySet(path, UserChosenSize, "1\0"u8);

    public static bool HasUserChosenSize(string path) => ExtendedAttribute.TryGet(path, UserChosenSize) is [(byte)'1', ..];

    public static void NoteType(string path, VmType type) =>
        ExtendedAttribute.TrySet(path, Type, Encoding.ASCII.GetBytes(AppsNumbers[type].ToString(CultureInfo.InvariantCulture)));

    public static VmType? TypeOf(string path)
    {
        var text = ExtendedAttribute.TryGet(path, Type) is { } value ? Encoding.ASCII.GetString(value).TrimEnd('\0') : null;
        foreach (var (type, number) in AppsNumbers)
        {
            if (text == number.ToString(CultureInfo.InvariantCulture))
            {
                return type;
            }
        }

        return null;
    }
}
