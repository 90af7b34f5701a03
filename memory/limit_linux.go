package memory

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/outcore/outcore/internal/cgroup"
)

func limit() (int64, string) { return limitIn(os.DirFS("/")) }

// limitIn reads the limit from root, which has proc/ and sys/ as Linux does.
// The smallest of the machine's memory and of every group above the process
// counts. A directory without the file (the controller is in the other version,
// or not mounted) says nothing.
func limitIn(root fs.FS) (bytes int64, from string) {
	bytes, from = memTotal(root), "machine"
	if bytes == 0 {
		from = "unknown"
	}
	files := map[int]string{1: "memory.limit_in_bytes", 2: "memory.max"}
	for _, g := range cgroup.Find(root) {
		for dir := range g.Up() {
			if n := readInt(root, path.Join(dir, files[g.Version])); n > 0 && (bytes == 0 || n < bytes) {
				bytes, from = n, fmt.Sprintf("cgroup v%d", g.Version)
			}
		}
	}
	return bytes, from
}

func memTotal(root fs.FS) int64 {
	b, _ := fs.ReadFile(root, "proc/meminfo")
	for line := range strings.SplitSeq(string(b), "\n") {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
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
