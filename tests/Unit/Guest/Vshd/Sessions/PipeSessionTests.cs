using System.Security.Cryptography;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class PipeSessionTests
{
    [Fact]
    public async Task Output_and_error_stay_apart_and_the_exit_code_follows_them()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("echo out; echo err >&2; exit 7")).InTime();

        Assert.Equal("out\n", result.Output);
        Assert.Equal("err\n", result.Error);
        Assert.Equal(7, result.Code);
    }

    [Fact]
    public async Task The_end_of_each_stream_is_told_by_empty_data()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("exit 0"));

        var first = await peer.ReadAsync().InTime();
        var second = await peer.ReadAsync().InTime();

        Assert.Equal(
            [StdioStream.StdoutStream, StdioStream.StderrStream],
            new[] { first.DataMessage.Stream, second.DataMessage.Stream }.Order());
        Assert.All([first, second], message => Assert.True(message.DataMessage.Data.IsEmpty));
    }

    [Fact]
    public async Task Input_reaches_the_program_and_its_end_too()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("cat; echo done"));

        await peer.SendInputAsync("hello\n");
        await peer.SendInputAsync("");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("hello\ndone\n", result.Output);
    }

    [Fact]
    public async Task Input_for_a_program_that_reads_none_is_dropped()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("exec <&-; sleep 0.2; echo still here"));

        await peer.SendInputAsync("nobody reads this");
        await peer.SendInputAsync("nor this");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("still here\n", result.Output);
    }

    [Fact]
    public async Task A_program_that_a_signal_kills_has_128_and_its_number_for_a_code()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("echo ready; while :; do sleep 60; done"));
        await peer.ReadUntilAsync("ready\n").InTime();

        await peer.SendSignalAsync(Signal.Term);
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal(128 + 15, result.Code);
    }

    [Fact]
    public async Task A_signal_reaches_what_the_shell_runs_too()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell(
            "trap 'echo shell; exit 3' INT; sh -c 'trap \"echo child; exit\" INT; echo ready; while :; do sleep 0.1; done'"));
        await peer.ReadUntilAsync("ready\n").InTime();

        await peer.SendSignalAsync(Signal.Int);
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("child\nshell\n", result.Output);
        Assert.Equal(3, result.Code);
    }

    [Fact]
    public async Task A_signal_passes_input_that_the_program_does_not_read()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("exec sleep 60"));
        for (var i = 0; i < 40; i++)
        {
            await peer.SendInputAsync(new byte[4000]);
        }

        await peer.SendSignalAsync(Signal.Int);
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal(128 + 2, result.Code);
    }

    [Fact]
    public async Task Signals_that_the_protocol_does_not_carry_are_ignored()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("echo ready; read line; echo $line"));
        await peer.ReadUntilAsync("ready\n").InTime();

        await peer.SendSignalAsync((Signal)9);
        await peer.SendSignalAsync((Signal)(-1));
        await peer.SendInputAsync("alive\n");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("alive\n", result.Output);
    }

    [Fact]
    public async Task The_signal_for_a_broken_pipe_has_its_usual_effect_in_the_program()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("sh -c 'kill -PIPE $$; echo ignored'; echo $?")).InTime();

        Assert.Equal("141\n", result.Output);
    }

    [Fact]
    public async Task A_hundred_mebibytes_arrive_whole_at_a_reader_that_pauses()
    {
        const int size = 100 * 1024 * 1024;
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell($"head -c {size} /dev/zero | tr '\\0' x"));
        using var received = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var total = 0;

        while ((await peer.ReadAsync().InTime()).DataMessage is { } data)
        {
            received.AppendData(data.Data.Span);
            total += data.Data.Length;
            if (total % (8 * 1024 * 1024) < data.Data.Length)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(size, total);
        Assert.Equal(Sum((byte)'x', size), Convert.ToHexString(received.GetHashAndReset()));
    }

    [Fact]
    public async Task Sixteen_mebibytes_of_input_come_back_whole()
    {
        var sent = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("cat"));

        var sending = SendAllAsync(peer, sent);
        var result = await peer.ReadToEndAsync().InTime();
        await sending;

        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(result.OutputBytes)));
    }

    [Fact]
    public async Task A_process_left_behind_does_not_hold_back_the_exit_code()
    {
        await using var peer = new VshPeer(new SessionPolicy { DrainQuiet = TimeSpan.FromMilliseconds(100) });

        var result = await peer.RunAsync(VshPeer.Shell("sleep 300 & echo started; exit 4")).InTime();

        Assert.Equal("started\n", result.Output);
        Assert.Equal(4, result.Code);
    }

    [Fact]
    public async Task A_process_left_behind_that_never_stops_writing_does_not_either()
    {
        await using var peer = new VshPeer(new SessionPolicy { DrainBytes = 256 * 1024 });

        var result = await peer.RunAsync(VshPeer.Shell("yes & exit 5")).InTime();

        Assert.Equal(5, result.Code);
    }

    [Fact]
    public async Task A_late_word_of_a_process_left_behind_is_still_heard()
    {
        await using var peer = new VshPeer(new SessionPolicy { DrainQuiet = TimeSpan.FromSeconds(30) });

        var result = await peer.RunAsync(VshPeer.Shell("(sleep 0.05; echo late) & exit 0")).InTime();

        Assert.Equal("late\n", result.Output);
    }

    [Fact]
    public async Task A_host_that_goes_before_its_input_ended_hangs_up_the_program_and_is_no_end_of_input()
    {
        var mark = Path.GetTempFileName();
        try
        {
            await using var peer = new VshPeer();
            await peer.BeginAsync(VshPeer.Shell(
                $"trap 'echo hung-up > {mark}; exit' HUP; echo ready; while read line; do :; done; echo ended > {mark}"));
            await peer.SendInputAsync("half of it\n");
            await peer.ReadUntilAsync("ready");

            peer.Close();
            await peer.Ended.InTime();

            await Waiting.UntilAsync(() => File.ReadAllText(mark) == "hung-up\n");
        }
        finally
        {
            File.Delete(mark);
        }
    }

    [Fact]
    public async Task A_host_that_goes_after_its_input_ended_leaves_the_program_alone()
    {
        var mark = Path.GetTempFileName();
        try
        {
            await using var peer = new VshPeer();
            await peer.BeginAsync(VshPeer.Shell($"cat > /dev/null; echo all-read; sleep 0.3; echo ended > {mark}"));
            await peer.SendInputAsync("");
            await peer.ReadUntilAsync("all-read");

            peer.Close();
            await peer.Ended.InTime();

            await Waiting.UntilAsync(() => File.ReadAllText(mark) == "ended\n");
        }
        finally
        {
            File.Delete(mark);
        }
    }

    private static async Task SendAllAsync(VshPeer peer, byte[] input)
    {
        for (var at = 0; at < input.Length; at += 4000)
        {
            await peer.SendInputAsync(input.AsMemory(at, Math.Min(4000, input.Length - at)));
        }

        await peer.SendInputAsync("");
    }

    private static string Sum(byte value, int count)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1024 * 1024];
        block.AsSpan().Fill(value);
        for (var left = count; left > 0; left -= block.Length)
        {
            hash.AppendData(block.AsSpan(0, Math.Min(left, block.Length)));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
