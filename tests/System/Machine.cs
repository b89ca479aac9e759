using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>One running VM for a class of tests. At its end no console may tell of a kernel in trouble.</summary>
public abstract class Machine(string name) : IAsyncLifetime
{
    public const string Vm = "test";

    private Sandbox? _sandbox;

    public Sandbox Sandbox => _sandbox ?? throw new InvalidOperationException("The machine has not been started.");

    public VmFacts Facts => Sandbox.Vm(Vm);

    public async ValueTask InitializeAsync()
    {
        if (Prerequisites.Missing is not null)
        {
            return;
        }

        _sandbox = new Sandbox(name);
        try
        {
            Configure(_sandbox);
            await _sandbox.StartVmAsync(Vm, StartOptions);
            await PrepareAsync(_sandbox);
        }
        catch
        {
            await _sandbox.DisposeAsync();
            _sandbox = null;
            throw;
        }
    }

    /// <summary>How the machine is started, besides its name.</summary>
    protected virtual string[] StartOptions => [];

    /// <summary>What the class needs on its host.</summary>
    protected virtual void Configure(Sandbox sandbox)
    {
    }

    /// <summary>What the class needs in its machine.</summary>
    protected virtual Task PrepareAsync(Sandbox sandbox) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_sandbox is not null)
        {
            var panics = _sandbox.Panics();
            await _sandbox.DisposeAsync();
            Assert.Empty(panics);
        }

        GC.SuppressFinalize(this);
    }
}
