using System.Globalization;
using VmTools.Host.Instance;

namespace VmTools.Host.Vmc.Doctor;

/// <summary>Looks at what building the guest image needs, which a start does not.</summary>
internal sealed class BuildExamination(IHostProbes probes, HostInstance instance)
{
    private static readonly (string Program, string Package)[] ImagePrograms =
        [("mmdebstrap", "mmdebstrap"), ("mkfs.erofs", "erofs-utils"), ("fakeroot", "fakeroot"), ("cpio", "cpio")];

    public IEnumerable<Finding> Run()
    {
        foreach (var (program, package) in ImagePrograms)
        {
            yield return ForImage(program, package);
        }

        if (instance.Uid != 0)
        {
            yield return ForImage("newuidmap", "uidmap");
            yield return SubordinateIds();
        }
    }

    /// <summary>mmdebstrap maps these ids into its user name space, so that files get their owners without root.</summary>
    private Finding SubordinateIds()
    {
        var user = instance.Environment("USER") ?? instance.Uid.ToString(CultureInfo.InvariantCulture);
        var isListed = probes.Read("/etc/subuid").Split('\n').Any(line =>
            line.StartsWith(user + ":", StringComparison.Ordinal) || line.StartsWith($"{instance.Uid}:", StringComparison.Ordinal));
        return isListed
            ? new Finding("subuid", Severity.Ok, "/etc/subuid gives you ids of your own (for building the image)")
            : new Finding(
                "subuid", Severity.Note, "/etc/subuid gives you no ids of your own; building the image as an ordinary user needs them.",
                $"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}");
    }

    private Finding ForImage(string program, string package) => probes.FindProgram(program) is { } path
        ? new Finding(program, Severity.Ok, $"{path} (for building the image)")
        : new Finding(program, Severity.Note, $"There is no {program}; building the image needs it.", Install(package));

    private string Install(string package) => $"{(instance.Uid == 0 ? "" : "sudo ")}apt-get install --no-install-recommends {package}";
}
