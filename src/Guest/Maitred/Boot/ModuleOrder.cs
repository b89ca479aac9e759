namespace VmTools.Guest.Maitred.Boot;

/// <summary>
/// The file /modules/order of the initramfs: module file names in load order, one a line. Those before the line "--" are
/// needed before the root file system or the host can be reached; the others can wait until the VM is ready.
/// </summary>
internal sealed record ModuleOrder(IReadOnlyList<string> First, IReadOnlyList<string> Later)
{
    public static ModuleOrder Parse(string text)
    {
        var first = new List<string>();
        var later = new List<string>();
        var current = first;
        foreach (var line in text.Split('\n'))
        {
            var name = line.Trim();
            if (name == "--")
            {
                current = later;
            }
            else if (name.Length > 0 && name[0] != '#')
            {
                current.Add(name);
            }
        }

        return new ModuleOrder(first, later);
    }
}
