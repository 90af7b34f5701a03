// Package cgroup finds the control groups for memory this process is in, of
// version 1 and 2 and of machines that mount both.
//
// It only reads; package memory reads limits there, internal/memcap makes
// groups below.
package cgroup

import (
	"io/fs"
	"iter"
	"path"
	"strings"
)

// A Group is where one version of cgroups has this process. Paths are relative
// to the root directory, as fs.FS wants them.
type Group struct {
	Version int
	Top     string // the mount point
	Dir     string // the group of this process, Top or below
}

// Find reads the groups from root, which has proc/ and sys/ as Linux does: none,
// one, or on a "hybrid" machine version 2 and then 1.
func Find(root fs.FS) []Group {
	groups := lines(root, "proc/self/cgroup")
	mounts := lines(root, "proc/self/mountinfo")
	var all []Group
	for _, v := range []struct {
		version            int
		fstype, controller string
	}{{2, "cgroup2", ""}, {1, "cgroup", "memory"}} {
		path, ok := pathOf(groups, v.controller)
		if !ok {
			continue
		}
		if top, dir, ok := mountOf(mounts, v.fstype, v.controller, path); ok {
			all = append(all, Group{v.version, top, dir})
		}
	}
	return all
}

// Up yields g.Dir, its parent and so on to g.Top.
func (g Group) Up() iter.Seq[string] {
	return func(yield func(string) bool) {
		for dir := g.Dir; yield(dir) && len(dir) > len(g.Top); {
			dir = path.Dir(dir)
		}
	}
}

// pathOf finds the path of the group in the lines of /proc/self/cgroup:
// "4:memory:/a/b", for version 2 "0::/a/b".
func pathOf(lines []string, controller string) (string, bool) {
	for _, line := range lines {
		f := strings.SplitN(line, ":", 3)
		if len(f) == 3 && hasWord(f[1], controller) {
			return f[2], true
		}
	}
	return "", false
}

// mountOf finds where the hierarchy is mounted and the directory of the group
// in it. In a container the mount shows only the part of the tree below its
// root field, and the group may be outside it: then the mount point is the group.
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

func lines(root fs.FS, name string) []string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return nil
	}
	return strings.Split(string(b), "\n")
}
