using System.Text;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;

namespace VmTools.Unit.Linux.ProcessControl;

/// <summary>What a child wrote into the pipe that is its standard output.</summary>
internal static class ChildOutput
{
    public static string ReadAll(FdHandle read)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[4096];

        // A terminal whose programs have all gone answers EIO, which is its way to say the end.
        while (Fd.TryRead(read, buffer, out var count) == Errno.None && count > 0)
        {
            bytes.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public static async Task<(string Output, ExitStatus Exit)> OfAsync(SpawnRequest request, Reaper reaper, CancellationToken cancel)
    {
        var (read, write) = Pipe.Create();
        using var output = read;
        ChildProcess child;
        using (write)
        {
            child = ChildProcess.Spawn(request with { StandardOutput = write, StandardError = write }, reaper);
        }

        var text = await Task.Run(() => ReadAll(output), cancel);
        return (text, await child.Exited.WaitAsync(cancel));
    }
}
