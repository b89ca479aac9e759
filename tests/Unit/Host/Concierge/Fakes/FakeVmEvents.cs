using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>Writes what the world is told into the journal.</summary>
internal sealed class FakeVmEvents(Journal journal) : IVmEvents
{
    /// <summary>Whether the next VM that is stopped meets a defect of the program.</summary>
    public bool IsBroken { get; set; }

    public void StartingUp(VmSnapshot vm) => journal.Write($"StartingUp {vm.Id}");

    public void Started(VmSnapshot vm) => journal.Write($"Started {vm.Id}");

    public void Stopping(VmSnapshot vm)
    {
        journal.Write($"Stopping {vm.Id}");
        if (IsBroken)
        {
            throw new InvalidOperationException("This is the defect.");
        }
    }

    public void Stopped(VmSnapshot vm, VmStopReason reason)
    {
        journal.LastProblem = vm.Problem;
        journal.Write($"Stopped {vm.Id} {reason}");
    }

    public void ConditionChanged(VmSnapshot vm) =>
        journal.Write(vm.Condition is { } condition ? $"{condition.Kind} {vm.Id}: {condition.Reason}" : $"Runs {vm.Id}");

    public void StopStep(VmId vm, string sentence) => journal.StopSteps.Enqueue(sentence);

    public void StartStep(VmId vm, string sentence)
    {
    }

    public void InstallState(VmId vm, VmInstallReport report) => journal.Write($"InstallState {vm}");
}
