package cgroup

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestFindOnAHybridMachine(t *testing.T) {
	root := fstest.MapFS{
		"proc/self/cgroup": {Data: []byte("9:name=systemd:/\n4:cpu,memory:/job/a\n0::/x\n")},
		"proc/self/mountinfo": {Data: []byte("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n" +
			"32 31 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n" +
			"35 31 0:32 /job /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,cpu,memory\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\nshort\n")},
	}
	want := []Group{
		{2, "sys/fs/cgroup/unified", "sys/fs/cgroup/unified/x"},
		{1, "sys/fs/cgroup/memory", "sys/fs/cgroup/memory/a"}, // the mount shows /job only
	}
	got := Find(root)
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if up := slices.Collect(got[1].Up()); !slices.Equal(up, []string{"sys/fs/cgroup/memory/a", "sys/fs/cgroup/memory"}) {
		t.Errorf("up: %v", up)
	}
	if got := Find(fstest.MapFS{}); got != nil {
		t.Errorf("without proc: %v", got)
	}
}
