using VmTools.Host.Vms;

namespace VmTools.Host.Vmc.Copying;

/// <summary>
/// One end of <c>vmc cp</c>: a path on the host, or NAME:PATH in a VM. A path of the host with a colon in its first part is written ./PATH.
/// </summary>
internal readonly record struct CopyPlace(string? Vm, string Path)
{
    public static CopyPlace Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && !text[..colon].Contains('/', StringComparison.Ordinal)
            ? new CopyPlace(text[..colon], text[(colon + 1)..])
            : new CopyPlace(null, text);
    }

    /// <summary>The last part of the path, or a name for a place that has none, such as /.</summary>
    public string BaseName
    {
        get
        {
            var name = System.IO.Path.GetFileName(Path.TrimEnd('/'));
            return name is "" or "." or ".." ? Vm ?? "host" : name;
        }
    }

    public override string ToString() => VmNameRule.Shown(Vm is null ? Path : $"{Vm}:{Path}");
}
