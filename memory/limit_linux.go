package memory

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

func limit() (int64, string) { return limitIn(os.DirFS("/")) }

// limitIn reads the limit from root, which has proc/ and sys/ as Linux does.
// The smallest of the machine's memory and of every group above the process
// counts. Machines with both versions of cgroups mounted ("hybrid") have the
// memory controller in one of them only; both are asked.
func limitIn(root fs.FS) (bytes int64, from string) {
	bytes, from = memTotal(root), "machine"
	if bytes == 0 {
		from = "unknown"
	}
	groups := readLines(root, "proc/self/cgroup")
	mounts := readLines(root, "proc/self/mountinfo")
	for _, v := range []struct{ name, fstype, controller, file string }{
		{"cgroup v2", "cgroup2", "", "memory.max"},
		{"cgroup v1", "cgroup", "memory", "memory.limit_in_bytes"},
	} {
		group, ok := groupOf(groups, v.controller)
		if !ok {
			continue
		}
		top, dir, ok := mountOf(mounts, v.fstype, v.controller, group)
		if !ok {
			continue
		}
		for {
			if n := readInt(root, path.Join(dir, v.file)); n > 0 && (bytes == 0 || n < bytes) {
				bytes, from = n, v.name
			}
			if dir == top || len(dir) < len(top) {
				break
			}
			dir = path.Dir(dir)
		}
	}
	return bytes, from
}

func memTotal(root fs.FS) int64 {
	for _, line := range readLines(root, "proc/meminfo") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// groupOf finds the path of the process's group in the lines of
// /proc/self/cgroup ("4:memory:/a/b", for version 2 "0::/a/b").
func groupOf(lines []string, controller string) (string, bool) {
	for _, line := range lines {
		f := strings.SplitN(line, ":", 3)
		if len(f) == 3 && hasWord(f[1], controller) {
			return f[2], true
		}
	}
	return "", false
}

// mountOf finds where the hierarchy is mounted and the directory of group in
// it, both relative to the root directory. In a container the mount shows only
// the part of the tree below its root field, or a group outside it: then the
// mount point itself is the group.
func mountOf(lines []string, fstype, controller, group string) (top, dir string, ok bool) {
	for _, line := range lines {
		before, after, found := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !found || len(f) < 5 || len(g) < 3 || g[0] != fstype || controller != "" && !hasWord(g[2], controller) {
			continue
		}
		top = strings.TrimPrefix(f[4], "/")
		rest, inside := strings.CutPrefix(group, strings.TrimSuffix(f[3], "/"))
		if !inside || strings.Contains(rest, "..") {
			rest = ""
		}
		return top, path.Join(top, rest), true
	}
	return "", "", false
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

func readLines(root fs.FS, name string) []string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return nil
	}
	return strings.Split(string(b), "\n")
}

// readInt reads a file with one number; 0 when there is none ("max").
func readInt(root fs.FS, name string) int64 {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n
}
