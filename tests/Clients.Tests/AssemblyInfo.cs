// Each test starts a score of processes and measures what they do in time.
[assembly: NonParallelizable]
