package memory

import "golang.org/x/sys/unix"

func readUsage() Usage {
	var ru unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &ru) != nil {
		return Usage{}
	}
	mapped := heapMapped() + mappedSlabs.Load()
	return Usage{RSS: mapped, Anon: mapped, Peak: ru.Maxrss} // bytes there, not KiB
}
