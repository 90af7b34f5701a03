package memcap

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcore/outcore/internal/cgroup"
)

// groups lists the groups of this process that exist.
func groups() (all []string) {
	for _, g := range cgroup.Find(os.DirFS("/")) {
		for dir := range g.Up() {
			found, _ := filepath.Glob(filepath.Join("/"+dir, fmt.Sprintf("%s%d-*", prefix, os.Getpid())))
			all = append(all, found...)
		}
	}
	return all
}

func TestGroupsOfTheDeadAreSwept(t *testing.T) {
	g := newGroup(64 << 20)
	if g == nil {
		t.Skip("no control group may be made here")
	}
	defer func() {
		if err := g.remove(); err != nil {
			t.Error(err)
		}
	}()
	const nobody = 1 << 30 // above any pid
	dead := filepath.Join(filepath.Dir(g.dir), fmt.Sprintf("%s%d-1", prefix, nobody))
	if err := os.Mkdir(dead, 0o755); err != nil {
		t.Fatal(err)
	}
	sweep(filepath.Dir(g.dir))
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		os.Remove(dead)
		t.Errorf("still there: %v", err)
	}
	if _, err := os.Stat(g.dir); err != nil {
		t.Errorf("the group of the living was swept: %v", err)
	}
}
