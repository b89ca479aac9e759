using VmTools.Bench;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    var promises = await Measurement.RunAsync(Directory.GetCurrentDirectory(), args, stop.Token);
    if (args.Length == 0)
    {
        PromisesPage.Write(Path.Combine("docs", "promises.md"), promises);
    }

    Console.WriteLine();
    Console.WriteLine(PromisesPage.Table(promises));
    return 0;
}
catch (OperationCanceledException)
{
    return 130;
}
catch (BenchException failed)
{
    await Console.Error.WriteLineAsync($"bench: {failed.Message}");
    return 1;
}
