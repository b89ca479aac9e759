using System.Globalization;
using System.Net.Sockets;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Archive;

/// <summary>How an archive is compressed, by the tools of the VM.</summary>
internal enum ArchiveCompression
{
    None,
    Zstd,
    Gzip,
}

/// <summary>A piece of an archive, valid until the next is asked for, and how much of what is to be read was read by then.</summary>
internal readonly record struct ArchivePiece(ReadOnlyMemory<byte> Content, long Read, long Readable);

/// <summary>tar and the compressor behind it, at work on one archive.</summary>
internal sealed class ArchivePipeline(ToolRun tools, TimeProvider clock)
{
    /// <summary>Between two signs of life while the tools write nothing.</summary>
    public static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(5);

    private const int BufferBytes = 256 * 1024;

    /// <summary>A tool that was told to end does so at once, unless it waits for the disk.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan MeasureLimit = TimeSpan.FromMinutes(30);

    /// <summary>How long the archive will be before compression: tar reads no file for that.</summary>
    public async Task<long> MeasureAsync(string directory, CancellationToken cancel)
    {
        var outcome = await tools.RunAsync([.. Tar(directory, "/dev/null"), "--totals"], MeasureLimit, cancel);
        var words = outcome.LastLine.Split(' ');
        var number = Array.IndexOf(words, "written:") + 1;
        return number > 0 && long.TryParse(words[number], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
    }

    /// <summary>Writes metadata.yaml and rootfs/ of a directory.</summary>
    /// <param name="directory">What holds the two.</param>
    /// <param name="compression">What the bytes go through.</param>
    /// <param name="readable">What <see cref="MeasureAsync"/> has found.</param>
    /// <param name="send">Takes the pieces.</param>
    /// <param name="cancel">Ends the tools.</param>
    /// <exception cref="VmToolsException">A file could not be read, or a tool failed.</exception>
    public async Task RunAsync(
        string directory, ArchiveCompression compression, long readable, Func<ArchivePiece, Task> send, CancellationToken cancel)
    {
        using var tarWords = ToolRun.Words();
        using var otherWords = ToolRun.Words();
        var (ours, theirs) = UnixSocket.Pair();
        using var output = AsyncSocket.Own(ours);
        var (tar, compressor) = Start(directory, compression, theirs, (tarWords, otherWords));
        try
        {
            await PumpAsync(output, compressor, readable, send, cancel);
            await CheckAsync(tar, "tar", mostCode: 1, tarWords, cancel);
            if (compressor is not null)
            {
                await CheckAsync(compressor, Program(compression), mostCode: 0, otherWords, cancel);
            }
        }
        finally
        {
            output.Dispose();
            await EndAsync(tar);
            await EndAsync(compressor);
        }
    }

    /// <summary>The compressors work as fast as they can: an emulated VM takes minutes for the rest of a tenth.</summary>
    private (ChildProcess Tar, ChildProcess? Compressor) Start(
        string directory, ArchiveCompression compression, FdHandle output, (FdHandle Tar, FdHandle Other) words)
    {
        using (output)
        {
            if (compression == ArchiveCompression.None)
            {
                return (tools.StartFilter(Tar(directory, "-"), null, output, words.Tar), null);
            }

            var (read, write) = Pipe.Create();
            using (read)
            using (write)
            {
                var compressor = tools.StartFilter([Program(compression), "--quiet", "--stdout", "-1"], read, output, words.Other);
                return (tools.StartFilter(Tar(directory, "-"), null, write, words.Tar), compressor);
            }
        }
    }

    private async Task PumpAsync(
        Socket output, ChildProcess? compressor, long readable, Func<ArchivePiece, Task> send, CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        long sent = 0;
        for (var count = -1; count != 0; count = await NextAsync())
        {
            if (count > 0)
            {
                sent += count;
                await SendAsync(buffer.AsMemory(0, count));
            }
        }

        async Task<int> NextAsync()
        {
            var receiving = output.ReceiveAsync(buffer, SocketFlags.None, cancel).AsTask();
            while (await Task.WhenAny(receiving, Task.Delay(SignOfLife, clock, cancel)) != receiving)
            {
                await SendAsync(default);
            }

            return await receiving;
        }

        Task SendAsync(ReadOnlyMemory<byte> content)
        {
            var read = compressor is null ? sent : ReadBy(compressor.Pid);
            return send(new ArchivePiece(content, Math.Min(read, readable), readable));
        }
    }

    /// <summary>The first number of /proc/PID/io: what the process has read.</summary>
    private static long ReadBy(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/io").First();
            return long.Parse(line["rchar: ".Length..], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return long.MaxValue;
        }
    }

    private static async Task CheckAsync(ChildProcess tool, string name, int mostCode, FdHandle words, CancellationToken cancel)
    {
        var outcome = new ToolOutcome(await tool.Exited.WaitAsync(cancel), ToolRun.TextOf(words));
        if (outcome.Status.Code is not { } code || code > mostCode)
        {
            throw new VmToolsException(ErrorKind.Internal, $"{name} ended with {outcome.Status}: {outcome.LastLine}");
        }
    }

    private async Task EndAsync(ChildProcess? tool)
    {
        if (tool is { Exited.IsCompleted: false })
        {
            tool.Signal(Signal.Kill);
            await Task.WhenAny(tool.Exited, Task.Delay(FarewellLimit, clock));
        }
    }

    private static string Program(ArchiveCompression compression) => compression == ArchiveCompression.Zstd ? "zstd" : "gzip";

    /// <summary>What tar calls changed while it was read is of no account here: nobody writes.</summary>
    private static IReadOnlyList<string> Tar(string directory, string file) =>
    [
        "tar", "--create", $"--file={file}", "--format=posix", "--pax-option=delete=atime,delete=ctime", "--sparse", "--xattrs",
        "--xattrs-include=*", "--numeric-owner", "--one-file-system", $"--directory={directory}", ArchiveMetadata.File, "rootfs",
    ];
}
