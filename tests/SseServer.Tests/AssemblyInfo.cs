[assembly: Parallelizable(ParallelScope.All)]
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
// Many tests wait for processes and databases.
[assembly: LevelOfParallelism(3)]
