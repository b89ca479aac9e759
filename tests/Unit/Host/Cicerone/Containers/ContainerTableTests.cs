using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using Xunit;

namespace VmTools.Unit.Host.Cicerone.Containers;

/// <summary>What is known of containers while VMs tell of them one by one, in lists, and end.</summary>
public sealed class ContainerTableTests
{
    private static readonly VmId Vm = ContainerBench.Dev.Id;
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");
    private static readonly ContainerName Other = ContainerBench.Name("other");

    private readonly ContainerTable _table = new();

    private KnownContainer? Known => _table.Find(Vm, Penguin);

    private static OwnerId Owner => Vm.Owner;

    [Fact]
    public void A_container_that_comes_up_has_the_secret_of_its_start()
    {
        _table.BeginStart(Vm, Penguin, "secret");
        Assert.Equal((ContainerState.Starting, null), (Known!.State, Known.Token));

        _table.Set(Vm, Penguin, ContainerState.Running);

        Assert.Equal((ContainerState.Running, "secret"), (Known!.State, Known.Token));
        Assert.Equal("secret", Assert.Single(_table.RunningOf(Owner)).Container.Token);
    }

    [Fact]
    public void A_secret_goes_with_its_container()
    {
        Run("secret");

        _table.Set(Vm, Penguin, ContainerState.Stopped);
        _table.Set(Vm, Penguin, ContainerState.Running);

        Assert.Null(Known!.Token);
    }

    [Fact]
    public void A_container_that_runs_already_keeps_its_own_secret()
    {
        Run("first");

        _table.BeginStart(Vm, Penguin, "second");
        _table.FindRunning(Vm, Penguin);

        Assert.Equal((ContainerState.Running, "first", null), (Known!.State, Known.Token, Known.PendingToken));
    }

    [Fact]
    public void A_start_that_is_told_of_before_its_answer_is_not_undone_by_it()
    {
        _table.BeginStart(Vm, Penguin, "secret");
        _table.Set(Vm, Penguin, ContainerState.Running);

        _table.FailStart(Vm, Penguin);

        Assert.Equal((ContainerState.Running, "secret"), (Known!.State, Known.Token));
    }

    [Fact]
    public void A_refused_start_leaves_a_stopped_container_without_a_secret()
    {
        _table.BeginStart(Vm, Penguin, "secret");

        _table.FailStart(Vm, Penguin);

        Assert.Equal((ContainerState.Stopped, null, null), (Known!.State, Known.Token, Known.PendingToken));
    }

    [Fact]
    public void A_list_is_the_truth_and_tells_which_containers_run_no_longer()
    {
        Run("secret");
        _table.Set(Vm, Other, ContainerState.Running);
        _table.Set(Vm, ContainerBench.Name("gone"), ContainerState.Running);

        var ended = _table.TryReplace(
            Vm,
            _table.ChangesOf(Vm),
            [
                new ListedContainer(Penguin, ContainerState.Running) { Os = "Debian" },
                new ListedContainer(Other, ContainerState.Stopped),
            ]);

        Assert.Equal(["gone", "other"], ended?.Select(name => name.Value));
        Assert.Equal(("secret", "Debian"), (Known!.Token, Known.Os?.PrettyName));
        Assert.Null(_table.Find(Vm, ContainerBench.Name("gone")));
        Assert.Single(_table.RunningOf(Owner));
    }

    [Fact]
    public void A_list_that_was_overtaken_changes_nothing()
    {
        var changes = _table.ChangesOf(Vm);
        Run("secret");

        Assert.Null(_table.TryReplace(Vm, changes, []));

        Assert.Equal(ContainerState.Running, Known!.State);
    }

    [Fact]
    public void The_end_of_a_vm_is_the_end_of_its_containers()
    {
        Run("secret");
        _table.Set(Vm, Other, ContainerState.Stopped);

        Assert.Equal([Penguin], _table.Forget(Vm));

        Assert.Null(Known);
        Assert.Empty(_table.Forget(Vm));
        Assert.Empty(_table.RunningOf(Owner));
    }

    [Fact]
    public void A_vm_that_tells_of_more_than_it_may_is_not_believed_and_what_is_known_can_still_change()
    {
        var names = Enumerable.Range(0, ContainerTable.MostPerVm).Select(number => ContainerBench.Name($"c{number}")).ToList();
        Assert.All(names, name => Assert.True(_table.Set(Vm, name, ContainerState.Stopped)));

        Assert.False(_table.Set(Vm, Penguin, ContainerState.Running));
        Assert.True(_table.Set(Vm, names[0], ContainerState.Running));

        Assert.Null(Known);
    }

    [Theory]
    [InlineData("penguin", true)]
    [InlineData("a", true)]
    [InlineData("a-1", true)]
    [InlineData("", false)]
    [InlineData("1a", false)]
    [InlineData("a-", false)]
    [InlineData("Penguin", false)]
    [InlineData("pen guin", false)]
    [InlineData("../penguin", false)]
    [InlineData("penguin\n", false)]
    [InlineData("pinguïn", false)]
    public void A_name_is_a_label(string text, bool isName)
    {
        Assert.Equal(isName, ContainerName.TryParse(text, out _));
        Assert.False(ContainerName.TryParse(new string('a', 64), out _));
    }

    [Fact]
    public void Secrets_are_128_bits_each_another()
    {
        var secrets = Enumerable.Range(0, 100).Select(_ => ContainerToken.Make()).ToList();

        Assert.All(secrets, secret => Assert.Matches("^[0-9a-f]{32}$", secret));
        Assert.Equal(100, secrets.Distinct().Count());
    }

    private void Run(string token)
    {
        _table.BeginStart(Vm, Penguin, token);
        _table.Set(Vm, Penguin, ContainerState.Running);
    }
}
