// One browser serves all tests, and the screenshots of one page must not wait for another's.
[assembly: Parallelizable(ParallelScope.Fixtures)]
