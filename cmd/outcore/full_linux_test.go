package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestTheDiskIsFull writes everything to a disk of one megabyte, then gives
// the same command again with room made, and compares.
func TestTheDiskIsFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT TESTED on a full disk: only root can mount a small one")
	}
	s := newShell(t)
	s.stock(60_000, 500)
	s.must(strings.Fields("train --data flights.csv --target y --leave class -o model --quiet")...)
	small := filepath.Join(s.dir, "small")
	if err := os.Mkdir(small, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("NOT TESTED on a full disk: cannot mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(small, "filler")
	for name, c := range map[string]struct {
		args string
		room int // that is left at first
	}{
		"train":     {"train --data flights.csv --target y --leave class --pipeline auto -o OUT --checkpoint-every 2ms", 6 << 10},
		"predict":   {"predict --model model --data flights.csv -o OUT", 300 << 10},
		"transform": {"transform --model model --data digits.csv OUT", 100 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			s := &shell{t: t, dir: s.dir, env: s.env}
			s.write("digits.csv", flights(8_000))
			args := func(out string) []string { return strings.Fields(strings.ReplaceAll(c.args, "OUT", out)) }
			if err := os.WriteFile(filler, bytes.Repeat([]byte{1}, 1<<20-c.room), 0o644); err != nil {
				t.Fatal(err)
			}
			o := s.run(args("small/" + name)...)
			if o.exit != 1 || !strings.Contains(o.stderr, "no space left on device") || !strings.Contains(o.stderr, "small/") {
				t.Errorf("exit %d\n%s", o.exit, o.stderr)
			}
			if _, err := os.Stat(filepath.Join(small, name)); name == "predict" && err == nil {
				t.Error("half of the predictions are there")
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("", small, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
				t.Fatal(err)
			}
			s.must(args("small/" + name)...)
			s.must(args(name + "-alone")...)
			if d := differs(tree(t, filepath.Join(small, name)), tree(t, filepath.Join(s.dir, name+"-alone"))); d != "" {
				t.Error(d)
			}
			if err := os.RemoveAll(filepath.Join(small, name)); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("", small, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
