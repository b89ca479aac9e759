namespace VmTools.SystemTests;

/// <summary>A crash, and what debuggers say of its core and of the minidump that was made of it.</summary>
internal sealed record Autopsy(CrashedProgram Crashed, CoreFacts Facts, DebuggerView Core, DebuggerView Dump)
{
    public static async Task<Autopsy> OfAsync(CrashMachine machine, string program, string line)
    {
        var crashed = await machine.CrashAsync(line, program);
        var debugger = new Debugger(machine.GuestRoot, CrashMachine.Programs);
        return new Autopsy(
            crashed,
            await Debugger.FactsOfCoreAsync(crashed.Core),
            await debugger.LookAtCoreAsync(crashed.Core, crashed.Report["exec_path"].Replace(" (deleted)", "", StringComparison.Ordinal)),
            await debugger.LookAsync(crashed.Report.Dump));
    }
}
