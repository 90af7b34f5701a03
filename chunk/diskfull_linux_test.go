package chunk

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestDiskFull fills a small file system: what is done stays, the error says
// what to do, and with room the job goes on.
func TestDiskFull(t *testing.T) {
	all := setups(t)
	for _, name := range []string{"npz", "csr", "parquet"} {
		t.Run(name, func(t *testing.T) {
			s := all[name]
			s.jobs, s.options.Compress, s.options.Rows = 2, "none", 300
			want := s.made(t)
			total := 0
			for _, text := range want {
				total += len(text)
			}
			dir := t.TempDir()
			if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+blocks(total*2/3)); err != nil {
				t.Skipf("DISK FULL NOT TESTED: a small file system cannot be mounted (%v); run as root", err)
			}
			t.Cleanup(func() { // after the buckets are closed
				if err := syscall.Unmount(dir, 0); err != nil {
					t.Error(err)
				}
			})
			_, err := s.run(t, open(t, dir))
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free space on the file system") {
				t.Fatalf("found %v, expected one of a full disk", err)
			}
			whole := 0
			for name, text := range contents(t, dir) {
				if strings.HasSuffix(name, ".json") {
					continue
				}
				if text != want[name] {
					t.Errorf("%s is not whole", name)
				}
				whole++
			}
			if whole == 0 {
				t.Error("nothing was kept")
			}
			if _, err := os.Stat(dir + "/chunk.manifest.json"); err != nil {
				t.Error(err)
			}
			if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size="+blocks(4*total)); err != nil {
				t.Fatal(err)
			}
			r, err := s.run(t, open(t, dir))
			if err != nil || !r.Resumed {
				t.Fatalf("with room: %+v, %v", r, err)
			}
			same(t, contents(t, dir), want)
		})
	}
}

// blocks gives a size in whole pages, as tmpfs counts.
func blocks(n int) string { return strconv.Itoa((n+4095)/4096*4) + "k" }
