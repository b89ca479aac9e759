using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Host.Vmc.Machines;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Copying;

/// <summary>
/// <c>vmc cp</c>: a file or directory into a VM or out of it, by tar over vsh. Permissions and times are kept; the owner is the user who
/// copies.
/// </summary>
internal sealed class CopyVerb(VmcContext context, CopyPlace from, CopyPlace to, IReadOnlyList<string> vshOptions)
{
    private const string Tar = "tar";

    public static Command Build(VmcContext context)
    {
        var source = new Argument<string>("FROM") { Description = "A path on the host, or NAME:PATH in a VM." };
        var target = new Argument<string>("TO") { Description = "The same; an existing directory gets the copy under its own name." };
        var user = new Option<string?>("--user") { Description = "Who to be in the VM; its usual user when absent.", HelpName = "USER" };
        var verb = new VerbCommand("cp", "Copies a file or directory into a VM, or out of one.")
        {
            Examples = [
                new("vmc cp notes.txt demo:", "into the home directory there"),
                new("vmc cp src demo:/tmp/build", "a directory, under another name"),
                new("vmc cp demo:/var/log/syslog .", "out of the VM"),
            ],
        };
        verb.Add(source);
        verb.Add(target);
        verb.Add(user);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(source) is { Tokens.Count: 1 } && result.GetResult(target) is { Tokens.Count: 1 }
                && (CopyPlace.Parse(result.GetValue(source)!).Vm is null) == (CopyPlace.Parse(result.GetValue(target)!).Vm is null))
            {
                result.AddError("one of FROM and TO is in a VM, as NAME:PATH, and the other on the host.");
            }
        });
        verb.SetAction((parsed, cancel) => new CopyVerb(
            context,
            CopyPlace.Parse(parsed.GetRequiredValue(source)),
            CopyPlace.Parse(parsed.GetRequiredValue(target)),
            parsed.GetValue(user) is { } name ? [$"--user={name}"] : []).RunAsync(cancel));
        return verb;
    }

    private async Task<int> RunAsync(CancellationToken cancel)
    {
        await using var reaper = Reaper.ForChildren();
        var pipeline = new CopyPipeline(context, reaper);
        return to.Vm is null ? await FetchAsync(pipeline, cancel) : await SendAsync(pipeline, cancel);
    }

    private async Task<int> SendAsync(CopyPipeline pipeline, CancellationToken cancel)
    {
        var path = Path.GetFullPath(from.Path);
        var isDirectory = Directory.Exists(path);
        if (!isDirectory && !File.Exists(path))
        {
            throw new VmToolsException(ErrorKind.NotFound, $"There is no file or directory '{from}'.");
        }

        var tar = isDirectory
            ? TarHere("-C", path, "-cf", "-", ".")
            : TarHere("-C", Path.GetDirectoryName(path)!, "-chf", "-", $"./{Path.GetFileName(path)}");
        var script = isDirectory ? GuestScripts.TakeDirectory : GuestScripts.TakeFile;
        var (writer, reader, _) = await pipeline.RunAsync(tar, _ => InVm(to.Vm!, script, to.Path, from.BaseName), hasKind: false, cancel);
        return Told(vsh: reader, here: writer);
    }

    private async Task<int> FetchAsync(CopyPipeline pipeline, CancellationToken cancel)
    {
        using var received = ReceivedFiles.For(to.Path, from.BaseName);
        var unpack = TarHere("--no-same-owner", "--no-same-permissions", "-C", received.Directory, "-xf",
            "-") with
        { Umask = UnixFileMode.None };
        var (writer, reader, kind) = await pipeline.RunAsync(
            InVm(from.Vm!, GuestScripts.Give, from.Path), _ => unpack, hasKind: true, cancel);
        var code = Told(vsh: writer, here: reader);
        if (code == ExitCode.Success && kind == 'd')
        {
            received.MoveDirectory();
        }
        else if (code == ExitCode.Success)
        {
            received.MoveFile();
        }

        return code;
    }

    private static SpawnRequest TarHere(params string[] arguments) => new(Tar, [Tar, .. arguments]) { SearchPath = true };

    private SpawnRequest InVm(string vm, string script, params string[] arguments) =>
        new(VshProcess.PathOf(context), ["vsh", .. vshOptions, vm, "--", "sh", "-c", script, "sh", .. arguments]);

    /// <summary>vsh and the script in the VM have said why they failed, and so has tar; what is left to say is what that means.</summary>
    private int Told(ExitStatus? vsh, ExitStatus? here)
    {
        if (vsh is { Code: 0 } && here is { Code: 0 })
        {
            return ExitCode.Success;
        }

        var why = vsh is not { Code: 0 } ? $"the VM's side ended with {vsh}" : $"tar on the host ended with {here}";
        context.Console.Say($"vmc: '{from}' was not copied to '{to}', or not all of it: {why}.");
        return ExitCode.Failed;
    }
}
