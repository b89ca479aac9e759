namespace VmTools.Host.Vmc.Cli;

/// <summary>A question before what cannot be taken back. VMC_NONINTERACTIVE in the environment answers it with yes.</summary>
/// <param name="context">Where to ask.</param>
/// <param name="refused">What is said when the answer is anything but yes, or none.</param>
internal sealed class Confirmation(VmcContext context, string refused)
{
    /// <summary>Whether the user is sure; one who is not has been told that nothing happened.</summary>
    public async Task<bool> AskAsync(string question, CancellationToken cancel)
    {
        if (!string.IsNullOrEmpty(context.Instance.Environment("VMC_NONINTERACTIVE")))
        {
            return true;
        }

        await context.Console.Error.WriteAsync($"{question} (y/N) ".AsMemory(), cancel);
        try
        {
            var answer = await context.Console.Input.ReadLineAsync(cancel);
            if (answer?.Trim() is "y" or "yes")
            {
                return true;
            }
        }
        catch (OperationCanceledException)
        {
            await context.Console.Error.WriteLineAsync();
            context.Console.Say(refused);
            throw;
        }

        context.Console.Say(refused);
        return false;
    }
}
