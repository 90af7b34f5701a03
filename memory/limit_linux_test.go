package memory

import (
	"testing"
	"testing/fstest"
)

func TestLimitIsTheTightestOfGroupsAndMachine(t *testing.T) {
	const (
		meminfo = "MemTotal:       16384 kB\nMemFree: 1 kB\n" // 16 MiB
		hybrid  = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n" +
			"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		unified   = "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n"
		container = "30 23 0:26 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	)
	for _, c := range []struct {
		name, cgroup, mounts string
		files                map[string]string
		want                 int64
		from                 string
	}{
		{name: "nothing known", want: 0, from: "unknown"},
		{name: "no groups", files: map[string]string{"proc/meminfo": meminfo}, want: 16 << 20, from: "machine"},
		{name: "v2, a parent is tighter", cgroup: "0::/a/b\n", mounts: unified, files: map[string]string{
			"proc/meminfo": meminfo, "sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "8388608\n",
		}, want: 8 << 20, from: "cgroup v2"},
		{name: "v2 in a container", cgroup: "0::/docker/abc/x\n", mounts: container, files: map[string]string{
			"proc/meminfo": meminfo, "sys/fs/cgroup/x/memory.max": "4194304\n",
		}, want: 4 << 20, from: "cgroup v2"},
		{name: "v2 in a namespace: the path is of another tree", cgroup: "0::/../other\n", mounts: unified, files: map[string]string{
			"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "2097152\n",
		}, want: 2 << 20, from: "cgroup v2"},
		{name: "v1 of a hybrid machine", cgroup: "4:cpu,memory:/job\n0::/\n", mounts: hybrid, files: map[string]string{
			"proc/meminfo": meminfo, "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "3145728\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, want: 3 << 20, from: "cgroup v1"},
		{name: "a group wider than the machine", cgroup: "4:memory:/\n", mounts: hybrid, files: map[string]string{
			"proc/meminfo": meminfo, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, want: 16 << 20, from: "machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := fstest.MapFS{
				"proc/self/cgroup":    {Data: []byte(c.cgroup)},
				"proc/self/mountinfo": {Data: []byte(c.mounts)},
			}
			for name, s := range c.files {
				root[name] = &fstest.MapFile{Data: []byte(s)}
			}
			if n, from := limitIn(root); n != c.want || from != c.from {
				t.Errorf("limit is %d from %s, want %d from %s", n, from, c.want, c.from)
			}
		})
	}
}

func TestLimitOfThisMachine(t *testing.T) {
	if n, from := Limit(); n < 64<<20 {
		t.Errorf("limit %d from %s", n, from)
	}
}

func TestStatusField(t *testing.T) {
	status := []byte("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t      12 kB\nRssAnon:\t       0 kB\nRssFile:\t 9 kB\n")
	for key, want := range map[string]int64{"\nVmHWM:": 2 << 20, "\nVmRSS:": 12 << 10, "\nRssAnon:": 0, "\nVmSwap:": 0} {
		if n := statusField(status, key); n != want {
			t.Errorf("%q is %d, want %d", key, n, want)
		}
	}
}
