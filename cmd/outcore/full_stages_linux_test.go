package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outcore/outcore/internal/torture"
)

// TestTheDiskIsFullAtEveryStage gives each verb that writes a disk with no page
// of room, then one, then two, until it is enough: so that every file it makes
// is in turn the one that does not fit. Each time it says so, and the same
// command with room made gives what it gives undisturbed. In CI most sizes are
// left out, others each time.
func TestTheDiskIsFullAtEveryStage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED on a full disk: only root can mount a small one")
	}
	s := newShell(t)
	s.stock(3_000, 600)
	s.must(strings.Fields("train --data flights.csv --target y --leave class -o model --quiet")...)
	for name, c := range map[string]struct {
		before string // needs no room that counts
		args   string
		log    bool // the log of runs is on that disk too
	}{
		"chunk to npz":              {"", "chunk digits.svm DISK/out --features 200 --rows 150", false},
		"chunk to Parquet":          {"", "chunk flights.csv DISK/out --layout parquet --rows 700", false},
		"chunk, with its log":       {"", "chunk flights.csv DISK/out --layout parquet --rows 1500", true},
		"chunk to a repository":     {"repo create DISK/out", "chunk flights.csv DISK/out#/rows --chunk-rows 500 --commit-every 2", false},
		"train":                     {"", "train --data flights.csv --target y --leave class --epochs 3 --checkpoint-every 1ns -o DISK/out", false},
		"train, with its log":       {"", "train --data flights.csv --target y --leave class -o DISK/out", true},
		"train into a repository":   {"repo create DISK/out", "train --data flights.csv --target y --leave class --checkpoint-every 1ns -o DISK/out#/m", false},
		"predict":                   {"", "predict --model model --data flights.csv -o DISK/out", false},
		"transform":                 {"", "transform --model model --data flights.csv DISK/out --rows 1000", false},
		"transform to a repository": {"repo create DISK/out", "transform --model model --data flights.csv DISK/out#/rows --chunk-rows 500 --commit-every 2", false},
		"array map":                 {"repo create DISK/out;chunk digits.svm DISK/out#/a --features 200 --chunk-rows 100", "array map DISK/out#/a/X --expr x*2+1 --commit-every 2", false},
		"array cat":                 {"repo create DISK/in;chunk digits.svm DISK/in#/a --features 200 --chunk-rows 100", "array cat DISK/in#/a/X --to npy -o DISK/out", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shell{t: t, dir: s.dir, env: s.env}
			d := s.smallDisk()
			disk := filepath.Base(d)
			line := func(text string) []string { return strings.Fields(strings.ReplaceAll(text, "DISK", disk) + " --quiet") }
			prepare := func() {
				s.resize(d, 64<<20)
				empty(t, d)
				for _, l := range strings.Split(c.before, ";") {
					if l != "" {
						s.must(line(l)...)
					}
				}
			}
			result := func() map[string]string {
				if strings.Contains(c.args, "#/") && !strings.Contains(c.args, "DISK/in") {
					s.must("repo", "check", disk+"/out", "--quiet")
					return map[string]string{"digest": s.digest(disk + "/out")}
				}
				files := tree(t, filepath.Join(d, "out"))
				if len(files) == 0 {
					data, err := os.ReadFile(filepath.Join(d, "out"))
					if err != nil {
						t.Fatal(err)
					}
					files = map[string]string{"out": string(data)}
				}
				return files
			}
			prepare()
			s.must(line(c.args)...)
			want := result()

			rng, tried := torture.Rand(t), 0
			limited := &shell{t: t, dir: s.dir, env: s.env}
			if c.log {
				limited.env = append(limited.env, "OUTCORE_HOME="+filepath.Join(d, "home"))
			}
			for pages := 0; ; pages += 1 + rng.IntN(torture.Rounds(4+pages, 1)) {
				prepare()
				s.resize(d, s.used(d)+int64(pages)*int64(os.Getpagesize()))
				o := limited.run(line(c.args)...)
				full := strings.Contains(o.stderr, "no space left on device")
				if o.exit == 0 {
					if !full { // with a log that does not fit, the work goes on
						break
					}
				} else if o.exit != 1 || !full || !strings.Contains(o.stderr, disk) {
					t.Errorf("%d pages: exit %d\n%s", pages, o.exit, o.stderr)
				} else if !strings.Contains(o.stderr, "(fix: free space") {
					t.Errorf("%d pages: it does not say what to do: %s", pages, o.stderr)
				}
				s.resize(d, 64<<20)
				if o := limited.run(line(c.args)...); o.exit != 0 {
					t.Fatalf("%d pages, then enough: exit %d\n%s", pages, o.exit, o.stderr)
				}
				if d := differs(result(), want); d != "" {
					t.Fatalf("%d pages, then enough: %s", pages, d)
				}
				tried++
			}
			if d := differs(result(), want); d != "" {
				t.Errorf("just enough: %s", d)
			}
			t.Logf("%d sizes tried", tried)
		})
	}
}

// smallDisk mounts a disk below the shell's directory until the test ends.
func (s *shell) smallDisk() string {
	s.t.Helper()
	at, err := os.MkdirTemp(s.dir, "disk")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", at, "tmpfs", 0, "size=64m"); err != nil {
		s.t.Skipf("NOT TESTED on a full disk: cannot mount one: %v", err)
	}
	s.t.Cleanup(func() {
		if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
			s.t.Error(err)
		}
	})
	return at
}

// used is the bytes that files take on a disk.
func (s *shell) used(disk string) int64 {
	s.t.Helper()
	var f syscall.Statfs_t
	if err := syscall.Statfs(disk, &f); err != nil {
		s.t.Fatal(err)
	}
	return int64(f.Blocks-f.Bfree) * f.Bsize
}

// resize gives a disk another size, of a page at least: 0 would be no limit.
func (s *shell) resize(disk string, size int64) {
	s.t.Helper()
	size = max(size, int64(os.Getpagesize()))
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
		s.t.Fatal(err)
	}
}

// empty removes what is in a directory.
func empty(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.RemoveAll(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
}
